-- What is reserved stays so much of that resource, and for its child.
CREATE TRIGGER reservations_stay BEFORE UPDATE ON reservations
WHEN NEW.resource <> OLD.resource OR NEW.key <> OLD.key OR NEW.quantity <> OLD.quantity
    OR NEW.child_id <> OLD.child_id
BEGIN
    SELECT RAISE(ABORT, 'reservations_stay');
END;

-- `stock.reserved` is always how many doses of the vaccine are reserved at the centre.
-- There is one writer at a time, so they are counted anew.
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
END;

-- The same on update: where it was counted before, and where it is counted now.
CREATE TRIGGER reservations_stock_update AFTER UPDATE ON reservations
WHEN NEW.resource = 'dose'
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
END;

-- Something is booked for a child, or released: what is due for it may be another.
CREATE TRIGGER reservations_record_insert AFTER INSERT ON reservations
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (NEW.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER reservations_record_update AFTER UPDATE ON reservations
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (NEW.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;

-- The same on delete.
CREATE TRIGGER reservations_record_delete AFTER DELETE ON reservations
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (OLD.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;
