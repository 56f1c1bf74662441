-- What was answered before a vaccination is never changed; the newest row is what holds.
CREATE TRIGGER vaccination_screenings_append_only_update BEFORE UPDATE ON vaccination_screenings
BEGIN
    SELECT RAISE(ABORT, 'vaccination_screenings_append_only');
END;

-- Nor is a row deleted.
CREATE TRIGGER vaccination_screenings_append_only_delete BEFORE DELETE ON vaccination_screenings
BEGIN
    SELECT RAISE(ABORT, 'vaccination_screenings_append_only');
END;

-- The answers before a vaccination came: the desk that shows them has a new version of the day.
CREATE TRIGGER vaccination_screenings_desk_version_insert AFTER INSERT ON vaccination_screenings
BEGIN
    INSERT INTO desk_versions (centre_id, day, number)
    SELECT centre_id, date(starts_at), 1 FROM appointments WHERE id = NEW.appointment_id
    ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;
END;
