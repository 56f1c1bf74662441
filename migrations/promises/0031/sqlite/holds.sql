-- A hold that ends lets go the doses kept for it.
CREATE TRIGGER holds_release_doses AFTER UPDATE OF ended_at ON holds
WHEN NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL
BEGIN
    UPDATE dose_promises SET released_at = NEW.ended_at, why_released = 'ended'
    WHERE hold_id = NEW.id AND released_at IS NULL;
END;
