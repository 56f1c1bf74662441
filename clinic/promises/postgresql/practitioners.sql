-- What all pages share changes: whom families can choose. Counted at once, under centre 0.
CREATE TRIGGER practitioners_version AFTER INSERT OR UPDATE OR DELETE ON practitioners
FOR EACH STATEMENT EXECUTE FUNCTION versions_count_shared();
