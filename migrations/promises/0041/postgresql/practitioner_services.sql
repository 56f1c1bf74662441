-- What all pages share changes: which clinician gives what. Such a row is made or deleted, never
-- changed.
CREATE TRIGGER practitioner_services_version AFTER INSERT OR DELETE ON practitioner_services
FOR EACH STATEMENT EXECUTE FUNCTION bump_shared();
