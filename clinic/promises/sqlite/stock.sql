-- What a centre has of a vaccine, or what is reserved of it, changes: it has a new version.
CREATE TRIGGER stock_version_insert AFTER INSERT ON stock
BEGIN
    INSERT INTO stock_versions (centre_id, vaccine, number) VALUES (NEW.centre_id, NEW.vaccine, 1)
    ON CONFLICT (centre_id, vaccine) DO UPDATE SET number = stock_versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER stock_version_update AFTER UPDATE ON stock
BEGIN
    INSERT INTO stock_versions (centre_id, vaccine, number) VALUES (NEW.centre_id, NEW.vaccine, 1)
    ON CONFLICT (centre_id, vaccine) DO UPDATE SET number = stock_versions.number + 1;
END;

-- The same on delete.
CREATE TRIGGER stock_version_delete AFTER DELETE ON stock
BEGIN
    INSERT INTO stock_versions (centre_id, vaccine, number) VALUES (OLD.centre_id, OLD.vaccine, 1)
    ON CONFLICT (centre_id, vaccine) DO UPDATE SET number = stock_versions.number + 1;
END;
