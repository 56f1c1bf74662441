-- The desk asked the health questions again: it has a new version of the day.
CREATE TRIGGER health_asked_again_desk_version AFTER INSERT ON health_asked_again
FOR EACH ROW EXECUTE FUNCTION note_desk_of_appointment();

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER health_asked_again_versions_counted AFTER INSERT ON health_asked_again
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
