-- What the record of a dose said before it was corrected is never changed.
CREATE TRIGGER immunization_corrections_append_only_update BEFORE UPDATE ON immunization_corrections
BEGIN
    SELECT RAISE(ABORT, 'immunization_corrections_append_only');
END;

-- A row is deleted only with a child whom its family had removed.
CREATE TRIGGER immunization_corrections_append_only_delete BEFORE DELETE ON immunization_corrections
WHEN NOT EXISTS (
    SELECT 1 FROM immunizations JOIN child_removals USING (child_id)
    WHERE immunizations.id = OLD.immunization_id)
BEGIN
    SELECT RAISE(ABORT, 'immunization_corrections_append_only');
END;
