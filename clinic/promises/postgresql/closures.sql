-- What all pages share changes: the days and hours on which a centre is closed. Counted at once, under centre 0.
CREATE TRIGGER closures_version AFTER INSERT OR UPDATE OR DELETE ON closures
FOR EACH STATEMENT EXECUTE FUNCTION versions_count_shared();
