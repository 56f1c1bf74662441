-- No two live sessions of a practitioner share a moment.
CREATE TRIGGER ex_clinic_sessions_practitioner_insert BEFORE INSERT ON clinic_sessions
WHEN NEW.withdrawn_at IS NULL
    AND EXISTS (
        SELECT 1 FROM clinic_sessions other
        WHERE other.practitioner_id = NEW.practitioner_id
            AND other.withdrawn_at IS NULL
            AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at)
BEGIN
    SELECT RAISE(ABORT, 'ex_clinic_sessions_practitioner');
END;

-- The same for a row that is changed; it does not overlap itself.
CREATE TRIGGER ex_clinic_sessions_practitioner_update BEFORE UPDATE ON clinic_sessions
WHEN NEW.withdrawn_at IS NULL
    AND EXISTS (
        SELECT 1 FROM clinic_sessions other
        WHERE other.practitioner_id = NEW.practitioner_id
            AND other.withdrawn_at IS NULL
            AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at
            AND other.id <> NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'ex_clinic_sessions_practitioner');
END;

-- No two live sessions in a room share a moment.
CREATE TRIGGER ex_clinic_sessions_room_insert BEFORE INSERT ON clinic_sessions
WHEN NEW.withdrawn_at IS NULL
    AND EXISTS (
        SELECT 1 FROM clinic_sessions other
        WHERE other.room_id = NEW.room_id
            AND other.withdrawn_at IS NULL
            AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at)
BEGIN
    SELECT RAISE(ABORT, 'ex_clinic_sessions_room');
END;

-- The same for a row that is changed; it does not overlap itself.
CREATE TRIGGER ex_clinic_sessions_room_update BEFORE UPDATE ON clinic_sessions
WHEN NEW.withdrawn_at IS NULL
    AND EXISTS (
        SELECT 1 FROM clinic_sessions other
        WHERE other.room_id = NEW.room_id
            AND other.withdrawn_at IS NULL
            AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at
            AND other.id <> NEW.id)
BEGIN
    SELECT RAISE(ABORT, 'ex_clinic_sessions_room');
END;

-- No rota opens a day on which its clinician, room or centre is retired.
CREATE TRIGGER clinic_sessions_not_retired BEFORE INSERT ON clinic_sessions
WHEN NEW.rota_day IS NOT NULL
    AND (
        EXISTS (SELECT 1 FROM practitioners
            WHERE id = NEW.practitioner_id AND retired_on <= NEW.rota_day)
        OR EXISTS (SELECT 1 FROM rooms WHERE id = NEW.room_id AND retired_on <= NEW.rota_day)
        OR EXISTS (SELECT 1 FROM centres WHERE id = NEW.centre_id AND retired_on <= NEW.rota_day))
BEGIN
    SELECT RAISE(ABORT, 'clinic_sessions_not_retired');
END;
