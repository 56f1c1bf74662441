-- What the record of a dose said before it was corrected is never changed, nor deleted.
CREATE TRIGGER immunization_corrections_append_only BEFORE UPDATE OR DELETE ON immunization_corrections
FOR EACH ROW EXECUTE FUNCTION refuse();
