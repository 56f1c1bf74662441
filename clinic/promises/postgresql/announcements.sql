-- What all pages share changes: the announcements of centres.
CREATE TRIGGER announcements_version AFTER INSERT OR UPDATE OR DELETE ON announcements
FOR EACH STATEMENT EXECUTE FUNCTION bump_shared();
