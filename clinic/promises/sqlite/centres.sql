-- What all pages share changes: the centres. Counted under centre 0.
CREATE TRIGGER centres_version_insert AFTER INSERT ON centres
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER centres_version_update AFTER UPDATE ON centres
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;

-- The same on delete.
CREATE TRIGGER centres_version_delete AFTER DELETE ON centres
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;
