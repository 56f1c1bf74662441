-- What all pages share changes: what a practitioner offers. Counted at once, under centre 0.
CREATE TRIGGER practitioner_services_version AFTER INSERT OR UPDATE OR DELETE ON practitioner_services
FOR EACH STATEMENT EXECUTE FUNCTION versions_count_shared();
