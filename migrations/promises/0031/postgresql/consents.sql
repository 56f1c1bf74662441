-- What somebody agreed to, or did not, is never changed, nor deleted; the newest row is what holds.
CREATE TRIGGER consents_append_only BEFORE UPDATE OR DELETE ON consents
FOR EACH ROW EXECUTE FUNCTION refuse();
