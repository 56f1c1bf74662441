-- What all pages share changes: the clinicians. A new one is seen when it gives a service.
CREATE TRIGGER practitioners_version AFTER UPDATE ON practitioners
FOR EACH STATEMENT EXECUTE FUNCTION bump_shared();
