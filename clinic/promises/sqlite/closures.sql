-- What all pages share changes: the days and hours on which a centre is closed. Counted under centre 0.
CREATE TRIGGER closures_version_insert AFTER INSERT ON closures
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER closures_version_update AFTER UPDATE ON closures
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;

-- The same on delete.
CREATE TRIGGER closures_version_delete AFTER DELETE ON closures
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
END;
