-- A dose enters the record, is corrected or struck out: what is due for its child is another.
CREATE TRIGGER immunizations_record_insert AFTER INSERT ON immunizations
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (NEW.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER immunizations_record_update AFTER UPDATE ON immunizations
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (NEW.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;

-- The same on delete.
CREATE TRIGGER immunizations_record_delete AFTER DELETE ON immunizations
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (OLD.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;
