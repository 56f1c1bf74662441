-- A ticket is given: its desk has a new version of the day. It stays there, and on its day.
CREATE TRIGGER tickets_desk_version_insert AFTER INSERT ON tickets
BEGIN
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('desk', NEW.centre_id, NEW.day, 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on update.
CREATE TRIGGER tickets_desk_version_update AFTER UPDATE ON tickets
BEGIN
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('desk', NEW.centre_id, NEW.day, 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
