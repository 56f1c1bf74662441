-- A closing is added or deleted, never changed.
CREATE TRIGGER slot_closings_stay BEFORE UPDATE ON slot_closings
BEGIN
    SELECT RAISE(ABORT, 'slot_closings_stay');
END;

-- `slots.closed_at` is always the moment of the slot's first closing, and empty if it has none.
CREATE TRIGGER slot_closings_close_insert AFTER INSERT ON slot_closings
BEGIN
    UPDATE slots SET
        closed_at = (SELECT min(made_at) FROM slot_closings WHERE slot_id = NEW.slot_id)
    WHERE id = NEW.slot_id;
END;

-- The same on delete.
CREATE TRIGGER slot_closings_close_delete AFTER DELETE ON slot_closings
BEGIN
    UPDATE slots SET
        closed_at = (SELECT min(made_at) FROM slot_closings WHERE slot_id = OLD.slot_id)
    WHERE id = OLD.slot_id;
END;
