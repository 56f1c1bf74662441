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

-- Answers before a visit came: the desk that shows them has a new version of the day.
CREATE TRIGGER questionnaire_responses_desk_version_insert AFTER INSERT ON questionnaire_responses
BEGIN
    INSERT INTO desk_versions (centre_id, day, number)
    SELECT centre_id, date(starts_at), 1 FROM appointments WHERE id = NEW.appointment_id
    ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;
END;
