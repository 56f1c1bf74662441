-- What all pages share changes: the rules of booking.
CREATE TRIGGER policies_version_insert AFTER INSERT ON policies
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on update.
CREATE TRIGGER policies_version_update AFTER UPDATE ON policies
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on delete.
CREATE TRIGGER policies_version_delete AFTER DELETE ON policies
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
