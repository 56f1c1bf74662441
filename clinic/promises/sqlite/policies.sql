-- What all pages share changes: the rules of booking. Counted under centre 0.
CREATE TRIGGER policies_version_insert AFTER INSERT ON policies
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER policies_version_update AFTER UPDATE ON policies
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;

-- The same on delete.
CREATE TRIGGER policies_version_delete AFTER DELETE ON policies
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;
