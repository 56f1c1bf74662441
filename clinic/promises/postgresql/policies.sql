-- What all pages share changes: the rules of booking. Counted at once, under centre 0.
CREATE TRIGGER policies_version AFTER INSERT OR UPDATE OR DELETE ON policies
FOR EACH STATEMENT EXECUTE FUNCTION versions_count_shared();
