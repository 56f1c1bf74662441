-- A hold that ends releases what is reserved with it.
CREATE TRIGGER holds_release_reserved AFTER UPDATE OF ended_at ON holds
WHEN NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL
BEGIN
    UPDATE reservations SET released_at = NEW.ended_at, why_released = 'ended'
    WHERE hold_id = NEW.id AND released_at IS NULL;
END;
