-- What a place is of never changes: it is given back, and another is taken.
CREATE TRIGGER places_stay BEFORE UPDATE OF slot_id, online ON places
FOR EACH ROW WHEN (NEW.slot_id <> OLD.slot_id OR NEW.online <> OLD.online)
EXECUTE FUNCTION refuse();

-- Count the places of a slot into its row, and note when the first of them expires. The row lock of
-- the first UPDATE makes concurrent takers wait for each other; each then adds to what the other
-- left, and the CHECKs of `slots` refuse the one too many. To count the rows anew, as on SQLite,
-- would miss those that another transaction has not committed.
CREATE OR REPLACE FUNCTION places_count() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        UPDATE slots SET taken = taken + 1, online_taken = online_taken + NEW.online::int,
            frees_at = least(frees_at, NEW.expires_at)
        WHERE id = NEW.slot_id;
        RETURN NULL;
    ELSIF TG_OP = 'UPDATE' THEN
        PERFORM 1 FROM slots WHERE id = NEW.slot_id FOR UPDATE;
    ELSE
        UPDATE slots SET taken = taken - 1, online_taken = online_taken - OLD.online::int
        WHERE id = OLD.slot_id;
    END IF;
    IF OLD.expires_at IS NOT NULL THEN
        UPDATE slots SET frees_at = (SELECT min(expires_at) FROM places WHERE slot_id = OLD.slot_id)
        WHERE id = OLD.slot_id;
    END IF;
    RETURN NULL;
END $$;

-- A slot's `taken`, `online_taken` and `frees_at` are always what its places say.
CREATE TRIGGER places_count AFTER INSERT OR UPDATE OR DELETE ON places
FOR EACH ROW EXECUTE FUNCTION places_count();
