-- A time that families may see comes, goes, fills up, frees or closes: its centre and day (of UTC)
-- have a new version.
CREATE TRIGGER slot_services_version_insert AFTER INSERT ON slot_services
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (NEW.centre_id, date(NEW.starts_at), 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER slot_services_version_update AFTER UPDATE ON slot_services
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (NEW.centre_id, date(NEW.starts_at), 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;

-- The same on delete.
CREATE TRIGGER slot_services_version_delete AFTER DELETE ON slot_services
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (OLD.centre_id, date(OLD.starts_at), 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;
