-- What all pages share changes: whom families can choose. Counted under centre 0.
CREATE TRIGGER practitioners_version_insert AFTER INSERT ON practitioners
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER practitioners_version_update AFTER UPDATE ON practitioners
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;

-- The same on delete.
CREATE TRIGGER practitioners_version_delete AFTER DELETE ON practitioners
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;
