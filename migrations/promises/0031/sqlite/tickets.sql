-- A ticket is given or changes: its desk has a new version of the day.
CREATE TRIGGER tickets_desk_version_insert AFTER INSERT ON tickets
BEGIN
    INSERT INTO desk_versions (centre_id, day, number) VALUES (NEW.centre_id, NEW.day, 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER tickets_desk_version_update AFTER UPDATE ON tickets
BEGIN
    INSERT INTO desk_versions (centre_id, day, number) VALUES (NEW.centre_id, NEW.day, 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;
END;
