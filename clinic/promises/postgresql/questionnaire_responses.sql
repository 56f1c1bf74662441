-- What was answered to a questionnaire is never changed, nor deleted; the newest row is what holds.
CREATE TRIGGER questionnaire_responses_append_only BEFORE UPDATE OR DELETE ON questionnaire_responses
FOR EACH ROW EXECUTE FUNCTION refuse();

-- Answers before a visit came: the desk that shows them has a new version of the day.
CREATE TRIGGER questionnaire_responses_desk_version AFTER INSERT ON questionnaire_responses
FOR EACH ROW EXECUTE FUNCTION note_desk_of_appointment();

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER questionnaire_responses_versions_counted AFTER INSERT ON questionnaire_responses
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
