-- Refuse the change; the error is named for the trigger.
CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_NAME;
END $$;

-- Note in a setting of the transaction that this version is to be counted at the commit. The notes
-- are one text that is searched for each row: thousands of days or children changed in one
-- transaction take seconds.
CREATE OR REPLACE FUNCTION note_version(what text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    noted text := coalesce(current_setting('clinic.noted', true), '');
BEGIN
    IF position(what || ' ' IN noted) = 0 THEN
        PERFORM set_config('clinic.noted', noted || what || ' ', true);
    END IF;
END $$;

-- Note the version (the argument: times, desk) of the centre and the day (of UTC) at which the row
-- starts, before the change and after it.
CREATE OR REPLACE FUNCTION note_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM note_version(
            TG_ARGV[0] || ':' || OLD.centre_id || ':' || (OLD.starts_at AT TIME ZONE 'UTC')::date);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM note_version(
            TG_ARGV[0] || ':' || NEW.centre_id || ':' || (NEW.starts_at AT TIME ZONE 'UTC')::date);
    END IF;
    RETURN NULL;
END $$;

-- Note the version of the record of the row's child, before the change and after it.
CREATE OR REPLACE FUNCTION note_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM note_version('record:' || OLD.child_id);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM note_version('record:' || NEW.child_id);
    END IF;
    RETURN NULL;
END $$;

-- Note the version of the desk at which the row's appointment is.
CREATE OR REPLACE FUNCTION note_desk_of_appointment() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_version('desk:' || centre_id || ':' || (starts_at AT TIME ZONE 'UTC')::date)
    FROM appointments WHERE id = NEW.appointment_id;
    RETURN NULL;
END $$;

-- Count all versions that were noted: of times, of desks, of records, each in the order of its keys,
-- so that two transactions never wait for each other in a ring. The first of a transaction's
-- deferred triggers does it; the others find nothing noted. Triggers of one event fire in the order
-- of their names: where constraints are set immediate, what notes must come before what counts.
CREATE OR REPLACE FUNCTION count_noted() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    noted text := coalesce(current_setting('clinic.noted', true), '');
BEGIN
    IF noted = '' THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('clinic.noted', '', true);
    IF position('times:' IN noted) > 0 THEN
        INSERT INTO versions (centre_id, day, number)
        SELECT split_part(one, ':', 2)::int, split_part(one, ':', 3)::date, 1
        FROM regexp_split_to_table(rtrim(noted), ' ') one
        WHERE starts_with(one, 'times:')
        ORDER BY split_part(one, ':', 2)::int, split_part(one, ':', 3)::date
        ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
    END IF;
    IF position('desk:' IN noted) > 0 THEN
        INSERT INTO desk_versions (centre_id, day, number)
        SELECT split_part(one, ':', 2)::int, split_part(one, ':', 3)::date, 1
        FROM regexp_split_to_table(rtrim(noted), ' ') one
        WHERE starts_with(one, 'desk:')
        ORDER BY split_part(one, ':', 2)::int, split_part(one, ':', 3)::date
        ON CONFLICT (centre_id, day) DO UPDATE SET number = desk_versions.number + 1;
    END IF;
    IF position('record:' IN noted) > 0 THEN
        INSERT INTO record_versions (child_id, number)
        SELECT split_part(one, ':', 2)::int, 1
        FROM regexp_split_to_table(rtrim(noted), ' ') one
        WHERE starts_with(one, 'record:')
        ORDER BY split_part(one, ':', 2)::int
        ON CONFLICT (child_id) DO UPDATE SET number = record_versions.number + 1;
    END IF;
    RETURN NULL;
END $$;

-- Count the version of what all pages share, at once. It has the row of centre 0.
CREATE OR REPLACE FUNCTION versions_count_shared() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO versions (centre_id, day, number) VALUES (0, '1970-01-01', 1)
    ON CONFLICT (centre_id, day) DO UPDATE SET number = versions.number + 1;
    RETURN NULL;
END $$;

-- Lock the stock in which the doses of an appointment or of a hold are counted, in the order in which
-- everybody locks it: before what is reserved is released, moved or deleted.
CREATE OR REPLACE FUNCTION lock_reserved_stock(of_appointment int, of_hold int)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM stock
    JOIN reservations dose ON dose.centre_id = stock.centre_id AND dose.key = stock.vaccine
    WHERE dose.resource = 'dose' AND dose.released_at IS NULL
        AND (dose.appointment_id = of_appointment OR dose.hold_id = of_hold)
    ORDER BY stock.centre_id, stock.vaccine FOR UPDATE OF stock;
END $$;
