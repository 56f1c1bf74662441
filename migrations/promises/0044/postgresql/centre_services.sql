-- What all pages share changes: what a centre offers, and at which price.
CREATE TRIGGER centre_services_version AFTER INSERT OR UPDATE OR DELETE ON centre_services
FOR EACH STATEMENT EXECUTE FUNCTION bump_shared();
