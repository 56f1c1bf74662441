-- What was answered to a questionnaire is never changed; the newest row is what holds.
CREATE TRIGGER questionnaire_responses_append_only_update BEFORE UPDATE ON questionnaire_responses
BEGIN
    SELECT RAISE(ABORT, 'questionnaire_responses_append_only');
END;

-- Nor is a row deleted.
CREATE TRIGGER questionnaire_responses_append_only_delete BEFORE DELETE ON questionnaire_responses
BEGIN
    SELECT RAISE(ABORT, 'questionnaire_responses_append_only');
END;
