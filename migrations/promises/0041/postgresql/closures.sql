-- What all pages share changes: the days and hours on which a centre is closed.
CREATE TRIGGER closures_version AFTER INSERT OR UPDATE OR DELETE ON closures
FOR EACH STATEMENT EXECUTE FUNCTION bump_shared();
