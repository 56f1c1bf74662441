-- A closing is added or deleted, never changed.
CREATE TRIGGER slot_closings_stay BEFORE UPDATE ON slot_closings
BEGIN
    SELECT RAISE(ABORT, 'slot_closings_stay');
END;

-- `slots.closed_at` is always the moment of the slot's first closing that is not for one service
-- alone, else of the last of these if none of its services is left; and empty if it is open.
-- A service that is shut alone is told to the searches.
CREATE TRIGGER slot_closings_close_insert AFTER INSERT ON slot_closings
BEGIN
    UPDATE slots SET
        closed_at = coalesce(
            (SELECT min(made_at) FROM slot_closings
                WHERE slot_id = NEW.slot_id AND service_id IS NULL),
            (SELECT max(made_at) FROM slot_closings WHERE slot_id = NEW.slot_id
                AND NOT EXISTS (
                    SELECT 1 FROM slot_services given
                    WHERE given.slot_id = NEW.slot_id AND NOT EXISTS (
                        SELECT 1 FROM slot_closings alone
                        WHERE alone.slot_id = NEW.slot_id
                            AND alone.service_id = given.service_id))))
    WHERE id = NEW.slot_id;
    UPDATE slot_services SET closed = TRUE
    WHERE slot_id = NEW.slot_id AND service_id = NEW.service_id AND NOT closed;
END;

-- The same on delete.
CREATE TRIGGER slot_closings_close_delete AFTER DELETE ON slot_closings
BEGIN
    UPDATE slots SET
        closed_at = coalesce(
            (SELECT min(made_at) FROM slot_closings
                WHERE slot_id = OLD.slot_id AND service_id IS NULL),
            (SELECT max(made_at) FROM slot_closings WHERE slot_id = OLD.slot_id
                AND NOT EXISTS (
                    SELECT 1 FROM slot_services given
                    WHERE given.slot_id = OLD.slot_id AND NOT EXISTS (
                        SELECT 1 FROM slot_closings alone
                        WHERE alone.slot_id = OLD.slot_id
                            AND alone.service_id = given.service_id))))
    WHERE id = OLD.slot_id;
    UPDATE slot_services SET
        closed = (SELECT closed_at IS NOT NULL FROM slots WHERE id = OLD.slot_id)
    WHERE slot_id = OLD.slot_id AND service_id = OLD.service_id
        AND closed <> (SELECT closed_at IS NOT NULL FROM slots WHERE id = OLD.slot_id);
END;
