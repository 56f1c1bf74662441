-- What is reserved stays so much of that resource, and for its child.
CREATE TRIGGER reservations_stay BEFORE UPDATE ON reservations
WHEN NEW.resource <> OLD.resource OR NEW.key <> OLD.key OR NEW.quantity <> OLD.quantity
    OR NEW.child_id <> OLD.child_id
BEGIN
    SELECT RAISE(ABORT, 'reservations_stay');
END;

-- `stock.reserved` is always how many doses of the vaccine are reserved at the centre.
-- There is one writer at a time, so they are counted anew. The centre's stock has a new version.
CREATE TRIGGER reservations_stock_insert AFTER INSERT ON reservations
WHEN NEW.resource = 'dose'
BEGIN
    INSERT INTO stock (centre_id, vaccine, on_hand, reserved)
    VALUES (NEW.centre_id, NEW.key, 0, 0) ON CONFLICT DO NOTHING;
    UPDATE stock SET reserved = (
        SELECT coalesce(sum(dose.quantity), 0) FROM reservations dose
        WHERE dose.centre_id = stock.centre_id AND dose.resource = 'dose'
            AND dose.key = stock.vaccine AND dose.released_at IS NULL)
    WHERE centre_id = NEW.centre_id AND vaccine = NEW.key;
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('stock', NEW.centre_id, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on update, where that changes what is counted and not only for whom: where it was counted
-- before, and where it is counted now.
CREATE TRIGGER reservations_stock_update AFTER UPDATE ON reservations
WHEN NEW.resource = 'dose' AND (
    NEW.centre_id <> OLD.centre_id OR (NEW.released_at IS NULL) <> (OLD.released_at IS NULL))
BEGIN
    INSERT INTO stock (centre_id, vaccine, on_hand, reserved)
    VALUES (OLD.centre_id, OLD.key, 0, 0) ON CONFLICT DO NOTHING;
    UPDATE stock SET reserved = (
        SELECT coalesce(sum(dose.quantity), 0) FROM reservations dose
        WHERE dose.centre_id = stock.centre_id AND dose.resource = 'dose'
            AND dose.key = stock.vaccine AND dose.released_at IS NULL)
    WHERE centre_id = OLD.centre_id AND vaccine = OLD.key;
    INSERT INTO stock (centre_id, vaccine, on_hand, reserved)
    VALUES (NEW.centre_id, NEW.key, 0, 0) ON CONFLICT DO NOTHING;
    UPDATE stock SET reserved = (
        SELECT coalesce(sum(dose.quantity), 0) FROM reservations dose
        WHERE dose.centre_id = stock.centre_id AND dose.resource = 'dose'
            AND dose.key = stock.vaccine AND dose.released_at IS NULL)
    WHERE centre_id = NEW.centre_id AND vaccine = NEW.key;
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('stock', NEW.centre_id, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on delete.
CREATE TRIGGER reservations_stock_delete AFTER DELETE ON reservations
WHEN OLD.resource = 'dose'
BEGIN
    INSERT INTO stock (centre_id, vaccine, on_hand, reserved)
    VALUES (OLD.centre_id, OLD.key, 0, 0) ON CONFLICT DO NOTHING;
    UPDATE stock SET reserved = (
        SELECT coalesce(sum(dose.quantity), 0) FROM reservations dose
        WHERE dose.centre_id = stock.centre_id AND dose.resource = 'dose'
            AND dose.key = stock.vaccine AND dose.released_at IS NULL)
    WHERE centre_id = OLD.centre_id AND vaccine = OLD.key;
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('stock', OLD.centre_id, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
