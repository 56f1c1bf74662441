-- The desk asked again about what was answered: it has a new version of the day.
CREATE TRIGGER responses_asked_again_desk_version_insert AFTER INSERT ON responses_asked_again
BEGIN
    INSERT INTO desk_versions (centre_id, day, number)
    SELECT centre_id, date(starts_at), 1 FROM appointments WHERE id = NEW.appointment_id
    ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;
END;
