-- No two live sessions of a practitioner share a moment.
ALTER TABLE clinic_sessions ADD CONSTRAINT ex_clinic_sessions_practitioner
EXCLUDE USING gist (practitioner_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
WHERE ((withdrawn_at IS NULL));

-- No two live sessions in a room share a moment.
ALTER TABLE clinic_sessions ADD CONSTRAINT ex_clinic_sessions_room
EXCLUDE USING gist (room_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
WHERE ((withdrawn_at IS NULL));

-- No rota opens a day on which its clinician, room or centre is retired. Retiring and opening lock the
-- centre's row, so one waits for the other.
CREATE OR REPLACE FUNCTION clinic_sessions_not_retired() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM practitioners
            WHERE id = NEW.practitioner_id AND retired_on <= NEW.rota_day)
        OR EXISTS (SELECT 1 FROM rooms WHERE id = NEW.room_id AND retired_on <= NEW.rota_day)
        OR EXISTS (SELECT 1 FROM centres WHERE id = NEW.centre_id AND retired_on <= NEW.rota_day)
    THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_NAME;
    END IF;
    RETURN NEW;
END $$;

-- The same, asked for each row.
CREATE TRIGGER clinic_sessions_not_retired BEFORE INSERT ON clinic_sessions
FOR EACH ROW WHEN (NEW.rota_day IS NOT NULL) EXECUTE FUNCTION clinic_sessions_not_retired();
