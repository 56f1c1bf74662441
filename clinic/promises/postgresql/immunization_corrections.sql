-- Refuse the change, but for a deletion with a child whom its family had removed.
CREATE OR REPLACE FUNCTION immunization_corrections_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM immunizations JOIN child_removals USING (child_id)
        WHERE immunizations.id = OLD.immunization_id)
    THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_NAME;
END $$;

-- What the record of a dose said before it was corrected is never changed. It is deleted only with a
-- child whom its family had removed.
CREATE TRIGGER immunization_corrections_append_only BEFORE UPDATE OR DELETE ON immunization_corrections
FOR EACH ROW EXECUTE FUNCTION immunization_corrections_append_only();
