-- Refuse the change; the error is named for the trigger.
CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_NAME;
END $$;

-- Count on the version of a centre's times, desk or stock (the topic) on a day: in a row of it that no
-- other transaction has locked, or else in a new one. So nothing waits for a version; it is the sum of
-- its rows. A row that this transaction wrote (`xmin`) is counted already.
-- The new row's `part` is this transaction's id, which no other has. A database that was dumped and
-- restored has rows of ids that come again: beside them the part is the id and a round (2^48) more.
-- They are looked up first, for ON CONFLICT, even DO NOTHING, waits for whoever changes the row.
CREATE OR REPLACE FUNCTION bump_version(of_topic varchar, at_centre int, on_day date)
RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    own bigint := pg_current_xact_id()::text::bigint;
    round bigint := 1::bigint << 48;
BEGIN
    IF EXISTS (
        SELECT 1 FROM versions
        WHERE topic = of_topic AND centre_id = at_centre AND day = on_day
            AND xmin = pg_current_xact_id()::xid)
    THEN
        RETURN;
    END IF;
    UPDATE versions SET number = number + 1
    WHERE topic = of_topic AND centre_id = at_centre AND day = on_day AND part = (
        SELECT part FROM versions
        WHERE topic = of_topic AND centre_id = at_centre AND day = on_day
        LIMIT 1 FOR UPDATE SKIP LOCKED);
    IF NOT FOUND THEN
        INSERT INTO versions (topic, centre_id, day, part, number)
        SELECT of_topic, at_centre, on_day, coalesce(max(part) + round, own), 1 FROM versions
        WHERE topic = of_topic AND centre_id = at_centre AND day = on_day AND part % round = own;
    END IF;
END $$;

-- Count on the version (the argument: times, desk) of the centre and the day (of UTC) at which the row
-- starts, and of those that it leaves.
CREATE OR REPLACE FUNCTION bump_day() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM bump_version(TG_ARGV[0], OLD.centre_id, (OLD.starts_at AT TIME ZONE 'UTC')::date);
        IF TG_OP = 'DELETE' OR (NEW.centre_id = OLD.centre_id
            AND (NEW.starts_at AT TIME ZONE 'UTC')::date = (OLD.starts_at AT TIME ZONE 'UTC')::date)
        THEN
            RETURN NULL;
        END IF;
    END IF;
    PERFORM bump_version(TG_ARGV[0], NEW.centre_id, (NEW.starts_at AT TIME ZONE 'UTC')::date);
    RETURN NULL;
END $$;

-- Count on the version of what all pages share.
CREATE OR REPLACE FUNCTION bump_shared() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM bump_version('shared', 0, '1970-01-01');
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
