-- Let go the doses of the hold. First it locks the stock that they are counted in, in the order in
-- which everybody locks it.
CREATE OR REPLACE FUNCTION holds_release_doses() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stock
    JOIN dose_promises dose ON dose.centre_id = stock.centre_id AND dose.vaccine = stock.vaccine
    WHERE dose.hold_id = OLD.id AND dose.released_at IS NULL
    ORDER BY stock.centre_id, stock.vaccine FOR UPDATE OF stock;
    UPDATE dose_promises SET released_at = NEW.ended_at, why_released = 'ended'
    WHERE hold_id = NEW.id AND released_at IS NULL;
    RETURN NULL;
END $$;

-- A hold that ends lets go the doses kept for it.
CREATE TRIGGER holds_release_doses AFTER UPDATE OF ended_at ON holds
FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL)
EXECUTE FUNCTION holds_release_doses();

-- Lock the stock that the doses of the hold are counted in, in the order in which everybody locks it.
CREATE OR REPLACE FUNCTION holds_lock_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stock
    JOIN dose_promises dose ON dose.centre_id = stock.centre_id AND dose.vaccine = stock.vaccine
    WHERE dose.hold_id = OLD.id AND dose.released_at IS NULL
    ORDER BY stock.centre_id, stock.vaccine FOR UPDATE OF stock;
    RETURN OLD;
END $$;

-- A hold that is deleted takes its doses along (their foreign key says so); before that, their stock is
-- locked.
CREATE TRIGGER holds_lock_stock BEFORE DELETE ON holds
FOR EACH ROW EXECUTE FUNCTION holds_lock_stock();
