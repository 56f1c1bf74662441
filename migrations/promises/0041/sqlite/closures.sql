-- What all pages share changes: the days and hours on which a centre is closed.
CREATE TRIGGER closures_version_insert AFTER INSERT ON closures
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on update.
CREATE TRIGGER closures_version_update AFTER UPDATE ON closures
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on delete.
CREATE TRIGGER closures_version_delete AFTER DELETE ON closures
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
