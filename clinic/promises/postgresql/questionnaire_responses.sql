-- Refuse the change, but for a deletion with a child whom its family had removed.
CREATE OR REPLACE FUNCTION questionnaire_responses_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (SELECT 1 FROM child_removals WHERE child_id = OLD.child_id) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_NAME;
END $$;

-- What was answered to a questionnaire is never changed; the newest row is what holds. It is deleted
-- only with a child whom its family had removed.
CREATE TRIGGER questionnaire_responses_append_only BEFORE UPDATE OR DELETE ON questionnaire_responses
FOR EACH ROW EXECUTE FUNCTION questionnaire_responses_append_only();
