-- What a place is of never changes: it is given back, and another is taken.
CREATE TRIGGER places_stay BEFORE UPDATE OF slot_id, online ON places
WHEN NEW.slot_id <> OLD.slot_id OR NEW.online <> OLD.online
BEGIN
    SELECT RAISE(ABORT, 'places_stay');
END;

-- A slot's `taken`, `online_taken` and `frees_at` are always what its places say; the CHECKs of
-- `slots` refuse the one too many. There is one writer at a time, so the rows are counted anew.
CREATE TRIGGER places_count_insert AFTER INSERT ON places
BEGIN
    UPDATE slots SET
        taken = (SELECT count(*) FROM places WHERE slot_id = NEW.slot_id),
        online_taken = (SELECT count(*) FROM places WHERE slot_id = NEW.slot_id AND online),
        frees_at = (SELECT min(expires_at) FROM places WHERE slot_id = NEW.slot_id)
    WHERE id = NEW.slot_id;
END;

-- The same when a place expires at another time, or does not expire any more.
CREATE TRIGGER places_count_update AFTER UPDATE ON places
BEGIN
    UPDATE slots SET
        taken = (SELECT count(*) FROM places WHERE slot_id = NEW.slot_id),
        online_taken = (SELECT count(*) FROM places WHERE slot_id = NEW.slot_id AND online),
        frees_at = (SELECT min(expires_at) FROM places WHERE slot_id = NEW.slot_id)
    WHERE id = NEW.slot_id;
END;

-- The same when a place is given back.
CREATE TRIGGER places_count_delete AFTER DELETE ON places
BEGIN
    UPDATE slots SET
        taken = (SELECT count(*) FROM places WHERE slot_id = OLD.slot_id),
        online_taken = (SELECT count(*) FROM places WHERE slot_id = OLD.slot_id AND online),
        frees_at = (SELECT min(expires_at) FROM places WHERE slot_id = OLD.slot_id)
    WHERE id = OLD.slot_id;
END;
