-- What all pages share changes: which clinician gives what. Such a row is made or deleted, never
-- changed.
CREATE TRIGGER practitioner_services_version_insert AFTER INSERT ON practitioner_services
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on delete.
CREATE TRIGGER practitioner_services_version_delete AFTER DELETE ON practitioner_services
BEGIN
    INSERT INTO versions (topic, centre_id, day, number) VALUES ('shared', 0, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
