-- No two live appointments of a child share a moment. One that is displaced waits for a new time and
-- is in no other's way.
CREATE TRIGGER ex_appointments_child_insert BEFORE INSERT ON appointments
WHEN NEW.cancelled_at IS NULL AND NEW.no_show_at IS NULL AND NEW.displaced_at IS NULL
    AND EXISTS (
        SELECT 1 FROM appointments other
        WHERE other.child_id = NEW.child_id
            AND other.cancelled_at IS NULL AND other.no_show_at IS NULL AND other.displaced_at IS NULL
            AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at)
BEGIN
    SELECT RAISE(ABORT, 'ex_appointments_child');
END;

-- The same for a row that is changed; it does not overlap itself.
CREATE TRIGGER ex_appointments_child_update BEFORE UPDATE ON appointments
WHEN NEW.cancelled_at IS NULL AND NEW.no_show_at IS NULL AND NEW.displaced_at IS NULL
    AND EXISTS (
        SELECT 1 FROM appointments other
        WHERE other.child_id = NEW.child_id
            AND other.cancelled_at IS NULL AND other.no_show_at IS NULL AND other.displaced_at IS NULL
            AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at
            AND other.id <> NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'ex_appointments_child');
END;

-- An appointment that is cancelled, missed or done releases what is reserved for it.
CREATE TRIGGER appointments_release_reserved
AFTER UPDATE OF cancelled_at, no_show_at, done_at ON appointments
WHEN coalesce(NEW.cancelled_at, NEW.no_show_at, NEW.done_at) IS NOT NULL
    AND coalesce(OLD.cancelled_at, OLD.no_show_at, OLD.done_at) IS NULL
BEGIN
    UPDATE reservations SET
        released_at = coalesce(NEW.cancelled_at, NEW.no_show_at, NEW.done_at),
        why_released = CASE
            WHEN NEW.cancelled_at IS NOT NULL THEN 'cancelled'
            WHEN NEW.no_show_at IS NOT NULL THEN 'no_show'
            ELSE 'done'
        END
    WHERE appointment_id = NEW.id AND released_at IS NULL;
END;

-- An appointment that moves to another centre takes along what is reserved for it; what counts that
-- (the CHECK of `stock`) refuses it if that centre has none.
CREATE TRIGGER appointments_move_reserved AFTER UPDATE OF centre_id ON appointments
WHEN NEW.centre_id <> OLD.centre_id
BEGIN
    UPDATE reservations SET centre_id = NEW.centre_id
    WHERE appointment_id = NEW.id AND released_at IS NULL;
END;

-- An appointment is made: its desk has a new version of the day (of UTC).
CREATE TRIGGER appointments_desk_version_insert AFTER INSERT ON appointments
BEGIN
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('desk', NEW.centre_id, date(NEW.starts_at), 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- An appointment changes: its desk, and the one that it leaves, have a new version of the day.
CREATE TRIGGER appointments_desk_version_update AFTER UPDATE ON appointments
BEGIN
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('desk', NEW.centre_id, date(NEW.starts_at), 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
    INSERT INTO versions (topic, centre_id, day, number)
    SELECT 'desk', OLD.centre_id, date(OLD.starts_at), 1 WHERE OLD.centre_id <> NEW.centre_id OR date(OLD.starts_at) <> date(NEW.starts_at)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
