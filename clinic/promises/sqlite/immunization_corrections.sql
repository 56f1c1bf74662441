-- What the record of a dose said before it was corrected is never changed.
CREATE TRIGGER immunization_corrections_append_only_update BEFORE UPDATE ON immunization_corrections
BEGIN
    SELECT RAISE(ABORT, 'immunization_corrections_append_only');
END;

-- Nor is a row deleted.
CREATE TRIGGER immunization_corrections_append_only_delete BEFORE DELETE ON immunization_corrections
BEGIN
    SELECT RAISE(ABORT, 'immunization_corrections_append_only');
END;
