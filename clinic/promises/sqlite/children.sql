-- A child's row changes, its birth date perhaps: what is due may be another.
CREATE TRIGGER children_record_update AFTER UPDATE ON children
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (NEW.id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;
