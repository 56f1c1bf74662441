-- The desk asked the health questions again: it has a new version of the day.
CREATE TRIGGER health_asked_again_desk_version_insert AFTER INSERT ON health_asked_again
BEGIN
    INSERT INTO desk_versions (centre_id, day, number)
    SELECT centre_id, date(starts_at), 1 FROM appointments WHERE id = NEW.appointment_id
    ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;
END;
