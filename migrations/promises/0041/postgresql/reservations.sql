-- What is reserved stays so much of that resource, and for its child.
CREATE TRIGGER reservations_stay BEFORE UPDATE ON reservations
FOR EACH ROW WHEN (NEW.resource <> OLD.resource OR NEW.key <> OLD.key
    OR NEW.quantity <> OLD.quantity OR NEW.child_id <> OLD.child_id)
EXECUTE FUNCTION refuse();

-- Count the doses of the reservation where it lives now, and no longer where it lived before.
CREATE OR REPLACE FUNCTION reservations_stock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.centre_id = OLD.centre_id
        AND (NEW.released_at IS NULL) = (OLD.released_at IS NULL) THEN
        RETURN NULL;
    END IF;
    IF TG_OP <> 'INSERT' AND OLD.resource = 'dose' AND OLD.released_at IS NULL THEN
        PERFORM stock_add(OLD.centre_id, OLD.key, 0, -OLD.quantity);
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.resource = 'dose' AND NEW.released_at IS NULL THEN
        PERFORM stock_add(NEW.centre_id, NEW.key, 0, NEW.quantity);
    END IF;
    RETURN NULL;
END $$;

-- `stock.reserved` is always how many doses of the vaccine are reserved at the centre.
CREATE TRIGGER reservations_stock AFTER INSERT OR UPDATE OR DELETE ON reservations
FOR EACH ROW EXECUTE FUNCTION reservations_stock();
