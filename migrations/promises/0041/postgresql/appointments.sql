-- No two live appointments of a child share a moment. One that is displaced waits for a new time and
-- is in no other's way.
ALTER TABLE appointments ADD CONSTRAINT ex_appointments_child
EXCLUDE USING gist (child_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
WHERE (((cancelled_at IS NULL) AND (no_show_at IS NULL) AND (displaced_at IS NULL)));

-- Release what is reserved for the appointment, with what counts it locked.
CREATE OR REPLACE FUNCTION appointments_release_reserved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_reserved_stock(OLD.id, NULL);
    UPDATE reservations SET
        released_at = coalesce(NEW.cancelled_at, NEW.no_show_at, NEW.done_at),
        why_released = CASE
            WHEN NEW.cancelled_at IS NOT NULL THEN 'cancelled'
            WHEN NEW.no_show_at IS NOT NULL THEN 'no_show'
            ELSE 'done'
        END
    WHERE appointment_id = NEW.id AND released_at IS NULL;
    RETURN NULL;
END $$;

-- An appointment that is cancelled, missed or done releases what is reserved for it.
CREATE TRIGGER appointments_release_reserved
AFTER UPDATE OF cancelled_at, no_show_at, done_at ON appointments
FOR EACH ROW WHEN (coalesce(NEW.cancelled_at, NEW.no_show_at, NEW.done_at) IS NOT NULL
    AND coalesce(OLD.cancelled_at, OLD.no_show_at, OLD.done_at) IS NULL)
EXECUTE FUNCTION appointments_release_reserved();

-- Take what is reserved for the appointment to its new centre, with what counts it locked.
CREATE OR REPLACE FUNCTION appointments_move_reserved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM lock_reserved_stock(OLD.id, NULL);
    UPDATE reservations SET centre_id = NEW.centre_id
    WHERE appointment_id = NEW.id AND released_at IS NULL;
    RETURN NULL;
END $$;

-- An appointment that moves to another centre takes along what is reserved for it; what counts that
-- (the CHECK of `stock`) refuses it if that centre has none.
CREATE TRIGGER appointments_move_reserved AFTER UPDATE OF centre_id ON appointments
FOR EACH ROW WHEN (NEW.centre_id <> OLD.centre_id)
EXECUTE FUNCTION appointments_move_reserved();

-- An appointment is made or changes: its desk, and the one that it leaves, have a new version of the
-- day (of UTC).
CREATE TRIGGER appointments_desk_version AFTER INSERT OR UPDATE ON appointments
FOR EACH ROW EXECUTE FUNCTION bump_day('desk');
