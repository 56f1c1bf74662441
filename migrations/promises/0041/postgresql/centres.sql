-- What all pages share changes: the centres. A new one is seen when it offers something.
CREATE TRIGGER centres_version AFTER UPDATE ON centres
FOR EACH STATEMENT EXECUTE FUNCTION bump_shared();
