-- The desk asked again about what was answered: it has a new version of the day.
CREATE TRIGGER responses_asked_again_desk_version AFTER INSERT ON responses_asked_again
FOR EACH ROW EXECUTE FUNCTION note_desk_of_appointment();

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER responses_asked_again_versions_counted AFTER INSERT ON responses_asked_again
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
