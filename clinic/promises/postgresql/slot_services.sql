-- A time that families may see comes, goes, fills up, frees or closes: its centre and day (of UTC)
-- have a new version.
CREATE TRIGGER slot_services_version AFTER INSERT OR UPDATE OR DELETE ON slot_services
FOR EACH ROW EXECUTE FUNCTION bump_day('times');
