-- A reaction is noted, or changes: the desk has a new version of the day.
CREATE TRIGGER adverse_events_desk_version AFTER INSERT OR UPDATE ON adverse_events
FOR EACH ROW EXECUTE FUNCTION note_desk_of_appointment();

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER adverse_events_versions_counted AFTER INSERT OR UPDATE ON adverse_events
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
