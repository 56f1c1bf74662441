-- A time that families may see comes, goes, fills up, frees or closes: its centre and day (of UTC)
-- have a new version.
CREATE TRIGGER slot_services_version AFTER INSERT OR UPDATE OR DELETE ON slot_services
FOR EACH ROW EXECUTE FUNCTION note_day('times');

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER slot_services_versions_counted AFTER INSERT OR UPDATE OR DELETE ON slot_services
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
