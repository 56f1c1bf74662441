-- No two live sessions of a practitioner share a moment.
ALTER TABLE clinic_sessions ADD CONSTRAINT ex_clinic_sessions_practitioner
EXCLUDE USING gist (practitioner_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
WHERE ((withdrawn_at IS NULL));

-- No two live sessions in a room share a moment.
ALTER TABLE clinic_sessions ADD CONSTRAINT ex_clinic_sessions_room
EXCLUDE USING gist (room_id WITH =, tstzrange(starts_at, ends_at) WITH &&)
WHERE ((withdrawn_at IS NULL));
