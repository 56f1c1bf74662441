-- What all pages share changes: what a centre offers. Such a row is made or deleted, never
-- changed.
CREATE TRIGGER centre_services_version AFTER INSERT OR DELETE ON centre_services
FOR EACH STATEMENT EXECUTE FUNCTION bump_shared();
