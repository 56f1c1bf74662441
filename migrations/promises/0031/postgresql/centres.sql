-- What all pages share changes: the centres. Counted at once, under centre 0.
CREATE TRIGGER centres_version AFTER INSERT OR UPDATE OR DELETE ON centres
FOR EACH STATEMENT EXECUTE FUNCTION versions_count_shared();
