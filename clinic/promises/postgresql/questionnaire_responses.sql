-- What was answered to a questionnaire is never changed, nor deleted; the newest row is what holds.
CREATE TRIGGER questionnaire_responses_append_only BEFORE UPDATE OR DELETE ON questionnaire_responses
FOR EACH ROW EXECUTE FUNCTION refuse();
