-- What all pages share changes: the clinicians. A new one is seen when it gives a service.
CREATE TRIGGER practitioners_version_update AFTER UPDATE ON practitioners
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
