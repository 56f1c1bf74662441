-- A closing is added or deleted, never changed.
CREATE TRIGGER slot_closings_stay BEFORE UPDATE ON slot_closings
FOR EACH ROW EXECUTE FUNCTION refuse();

-- Note in the slot since when it is shut, and tell the searches which service is shut alone. Its row
-- lock comes first: the closings are read when others have committed theirs.
CREATE OR REPLACE FUNCTION slot_closings_close() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed slot_closings := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    since timestamptz;
BEGIN
    PERFORM 1 FROM slots WHERE id = changed.slot_id FOR UPDATE;
    since := coalesce(
        (SELECT min(made_at) FROM slot_closings
            WHERE slot_id = changed.slot_id AND service_id IS NULL),
        (SELECT max(made_at) FROM slot_closings WHERE slot_id = changed.slot_id
            AND NOT EXISTS (
                SELECT 1 FROM slot_services given
                WHERE given.slot_id = changed.slot_id AND NOT EXISTS (
                    SELECT 1 FROM slot_closings alone
                    WHERE alone.slot_id = changed.slot_id
                        AND alone.service_id = given.service_id))));
    UPDATE slots SET closed_at = since WHERE id = changed.slot_id;
    IF changed.service_id IS NOT NULL THEN
        UPDATE slot_services SET closed = (TG_OP = 'INSERT' OR since IS NOT NULL)
        WHERE slot_id = changed.slot_id AND service_id = changed.service_id
            AND closed <> (TG_OP = 'INSERT' OR since IS NOT NULL);
    END IF;
    RETURN NULL;
END $$;

-- `slots.closed_at` is always the moment of the slot's first closing that is not for one service
-- alone, else of the last of these if none of its services is left; and empty if it is open.
CREATE TRIGGER slot_closings_close AFTER INSERT OR DELETE ON slot_closings
FOR EACH ROW EXECUTE FUNCTION slot_closings_close();
