-- What somebody agreed to before a vaccination is never changed, nor deleted.
CREATE TRIGGER informed_consents_append_only BEFORE UPDATE OR DELETE ON informed_consents
FOR EACH ROW EXECUTE FUNCTION refuse();
