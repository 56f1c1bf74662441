-- A closing is added or deleted, never changed.
CREATE TRIGGER slot_closings_stay BEFORE UPDATE ON slot_closings
FOR EACH ROW EXECUTE FUNCTION refuse();

-- Note in the slot since when it is shut. Its row lock comes first: the closings are read when others
-- have committed theirs.
CREATE OR REPLACE FUNCTION slot_closings_close() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    slot integer := CASE TG_OP WHEN 'DELETE' THEN OLD.slot_id ELSE NEW.slot_id END;
BEGIN
    PERFORM 1 FROM slots WHERE id = slot FOR UPDATE;
    UPDATE slots SET closed_at = (SELECT min(made_at) FROM slot_closings WHERE slot_id = slot)
    WHERE id = slot;
    RETURN NULL;
END $$;

-- `slots.closed_at` is always the moment of the slot's first closing, and empty if it has none.
CREATE TRIGGER slot_closings_close AFTER INSERT OR DELETE ON slot_closings
FOR EACH ROW EXECUTE FUNCTION slot_closings_close();
