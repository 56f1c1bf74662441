-- A promised dose stays one of its vaccine, and of its child.
CREATE TRIGGER dose_promises_stay BEFORE UPDATE ON dose_promises
WHEN NEW.vaccine <> OLD.vaccine OR NEW.child_id <> OLD.child_id
BEGIN
    SELECT RAISE(ABORT, 'dose_promises_stay');
END;

-- `stock.promised` is always how many promises of the vaccine at the centre live.
-- There is one writer at a time, so they are counted anew.
CREATE TRIGGER dose_promises_count_insert AFTER INSERT ON dose_promises
BEGIN
    INSERT INTO stock (centre_id, vaccine, on_hand, promised)
    VALUES (NEW.centre_id, NEW.vaccine, 0, 0) ON CONFLICT DO NOTHING;
    UPDATE stock SET promised = (
        SELECT count(*) FROM dose_promises dose
        WHERE dose.centre_id = stock.centre_id AND dose.vaccine = stock.vaccine
            AND dose.released_at IS NULL)
    WHERE centre_id = NEW.centre_id AND vaccine = NEW.vaccine;
END;

-- The same on update: where it lived before, and where it lives now.
CREATE TRIGGER dose_promises_count_update AFTER UPDATE ON dose_promises
BEGIN
    INSERT INTO stock (centre_id, vaccine, on_hand, promised)
    VALUES (OLD.centre_id, OLD.vaccine, 0, 0) ON CONFLICT DO NOTHING;
    UPDATE stock SET promised = (
        SELECT count(*) FROM dose_promises dose
        WHERE dose.centre_id = stock.centre_id AND dose.vaccine = stock.vaccine
            AND dose.released_at IS NULL)
    WHERE centre_id = OLD.centre_id AND vaccine = OLD.vaccine;
    INSERT INTO stock (centre_id, vaccine, on_hand, promised)
    VALUES (NEW.centre_id, NEW.vaccine, 0, 0) ON CONFLICT DO NOTHING;
    UPDATE stock SET promised = (
        SELECT count(*) FROM dose_promises dose
        WHERE dose.centre_id = stock.centre_id AND dose.vaccine = stock.vaccine
            AND dose.released_at IS NULL)
    WHERE centre_id = NEW.centre_id AND vaccine = NEW.vaccine;
END;

-- The same on delete.
CREATE TRIGGER dose_promises_count_delete AFTER DELETE ON dose_promises
BEGIN
    INSERT INTO stock (centre_id, vaccine, on_hand, promised)
    VALUES (OLD.centre_id, OLD.vaccine, 0, 0) ON CONFLICT DO NOTHING;
    UPDATE stock SET promised = (
        SELECT count(*) FROM dose_promises dose
        WHERE dose.centre_id = stock.centre_id AND dose.vaccine = stock.vaccine
            AND dose.released_at IS NULL)
    WHERE centre_id = OLD.centre_id AND vaccine = OLD.vaccine;
END;

-- A dose is booked for a child, or let go: what is due for it may be another.
CREATE TRIGGER dose_promises_record_insert AFTER INSERT ON dose_promises
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (NEW.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER dose_promises_record_update AFTER UPDATE ON dose_promises
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (NEW.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;

-- The same on delete.
CREATE TRIGGER dose_promises_record_delete AFTER DELETE ON dose_promises
BEGIN
    INSERT INTO record_versions (child_id, number) VALUES (OLD.child_id, 1)
    ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
END;
