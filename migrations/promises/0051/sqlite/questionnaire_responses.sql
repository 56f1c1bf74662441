-- What was answered to a questionnaire is never changed; the newest row is what holds.
CREATE TRIGGER questionnaire_responses_append_only_update BEFORE UPDATE ON questionnaire_responses
BEGIN
    SELECT RAISE(ABORT, 'questionnaire_responses_append_only');
END;

-- A row is deleted only with a child whom its family had removed.
CREATE TRIGGER questionnaire_responses_append_only_delete BEFORE DELETE ON questionnaire_responses
WHEN NOT EXISTS (SELECT 1 FROM child_removals WHERE child_id = OLD.child_id)
BEGIN
    SELECT RAISE(ABORT, 'questionnaire_responses_append_only');
END;
