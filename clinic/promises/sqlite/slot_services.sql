-- A time that families may see comes, goes, fills up, frees or closes: its centre and day (of UTC)
-- have a new version.
CREATE TRIGGER slot_services_version_insert AFTER INSERT ON slot_services
BEGIN
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('times', NEW.centre_id, date(NEW.starts_at), 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on update: a time stays at its centre and on its day.
CREATE TRIGGER slot_services_version_update AFTER UPDATE ON slot_services
BEGIN
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('times', NEW.centre_id, date(NEW.starts_at), 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on delete.
CREATE TRIGGER slot_services_version_delete AFTER DELETE ON slot_services
BEGIN
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('times', OLD.centre_id, date(OLD.starts_at), 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
