-- A condition that changes what is due is noted, ends or is struck out.
CREATE TRIGGER child_conditions_record_insert AFTER INSERT ON child_conditions
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (NEW.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER child_conditions_record_update AFTER UPDATE ON child_conditions
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (NEW.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;

-- The same on delete.
CREATE TRIGGER child_conditions_record_delete AFTER DELETE ON child_conditions
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (OLD.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;
