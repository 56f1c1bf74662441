-- What all pages share changes: what can be booked. A new one is seen when a centre offers it.
CREATE TRIGGER services_version_update AFTER UPDATE ON services
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
