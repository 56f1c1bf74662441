-- A promised dose stays one of its vaccine, and of its child.
CREATE TRIGGER dose_promises_stay BEFORE UPDATE ON dose_promises
FOR EACH ROW WHEN (NEW.vaccine <> OLD.vaccine OR NEW.child_id <> OLD.child_id)
EXECUTE FUNCTION refuse();

-- Count the promise where it lives now, and no longer where it lived before.
CREATE OR REPLACE FUNCTION dose_promises_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.centre_id = OLD.centre_id
        AND (NEW.released_at IS NULL) = (OLD.released_at IS NULL) THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' AND OLD.released_at IS NULL THEN
        PERFORM stock_add(OLD.centre_id, OLD.vaccine, 0, -1);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.released_at IS NULL THEN
        PERFORM stock_add(NEW.centre_id, NEW.vaccine, 0, 1);
    END IF;
    RETURN NULL;
END $$;

-- `stock.promised` is always how many promises of the vaccine at the centre live.
CREATE TRIGGER dose_promises_count AFTER INSERT OR UPDATE OR DELETE ON dose_promises
FOR EACH ROW EXECUTE FUNCTION dose_promises_count();

-- A dose is booked for a child, or let go: what is due for it may be another.
CREATE TRIGGER dose_promises_record AFTER INSERT OR UPDATE OR DELETE ON dose_promises
FOR EACH ROW EXECUTE FUNCTION note_record();

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER dose_promises_versions_counted AFTER INSERT OR UPDATE OR DELETE ON dose_promises
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
