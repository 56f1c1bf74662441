-- Release what is reserved with the hold, with what counts it locked.
CREATE OR REPLACE FUNCTION holds_release_reserved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_reserved_stock(NULL, OLD.id);
    UPDATE reservations SET released_at = NEW.ended_at, why_released = 'ended'
    WHERE hold_id = NEW.id AND released_at IS NULL;
    RETURN NULL;
END $$;

-- A hold that ends releases what is reserved with it.
CREATE TRIGGER holds_release_reserved AFTER UPDATE OF ended_at ON holds
FOR EACH ROW WHEN (NEW.ended_at IS NOT NULL AND OLD.ended_at IS NULL)
EXECUTE FUNCTION holds_release_reserved();

-- Lock what counts the reservations of the hold.
CREATE OR REPLACE FUNCTION holds_lock_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_reserved_stock(NULL, OLD.id);
    RETURN OLD;
END $$;

-- A hold that is deleted takes its reservations along (their foreign key says so); before that, what
-- counts them is locked.
CREATE TRIGGER holds_lock_stock BEFORE DELETE ON holds
FOR EACH ROW EXECUTE FUNCTION holds_lock_stock();
