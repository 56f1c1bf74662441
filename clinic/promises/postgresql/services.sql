-- What all pages share changes: what can be booked. A new one is seen when a centre offers it.
CREATE TRIGGER services_version AFTER UPDATE ON services
FOR EACH STATEMENT EXECUTE FUNCTION bump_shared();
