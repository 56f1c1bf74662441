-- What all pages share changes: the rules of booking.
CREATE TRIGGER policies_version AFTER INSERT OR UPDATE OR DELETE ON policies
FOR EACH STATEMENT EXECUTE FUNCTION bump_shared();
