-- What all pages share changes: the centres. A new one is seen when it offers something.
CREATE TRIGGER centres_version_update AFTER UPDATE ON centres
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
