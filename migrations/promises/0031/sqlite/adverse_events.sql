-- A reaction is noted, or changes: the desk has a new version of the day.
CREATE TRIGGER adverse_events_desk_version_insert AFTER INSERT ON adverse_events
BEGIN
    INSERT INTO desk_versions (centre_id, day, number)
    SELECT centre_id, date(starts_at), 1 FROM appointments WHERE id = NEW.appointment_id
    ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;
END;

-- The same on update.
CREATE TRIGGER adverse_events_desk_version_update AFTER UPDATE ON adverse_events
BEGIN
    INSERT INTO desk_versions (centre_id, day, number)
    SELECT centre_id, date(starts_at), 1 FROM appointments WHERE id = NEW.appointment_id
    ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;
END;
