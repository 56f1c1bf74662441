-- What all pages share changes: what can be booked. Counted at once, under centre 0.
CREATE TRIGGER services_version AFTER INSERT OR UPDATE OR DELETE ON services
FOR EACH STATEMENT EXECUTE FUNCTION versions_count_shared();
