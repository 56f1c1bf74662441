-- What all pages share changes: what a centre offers. Counted at once, under centre 0.
CREATE TRIGGER centre_services_version AFTER INSERT OR UPDATE OR DELETE ON centre_services
FOR EACH STATEMENT EXECUTE FUNCTION versions_count_shared();
