-- Tell the rows that a search reads whether the slot is closed (or shut for their service), and from when a place of it is free
-- online: at once if there is room; else when a place expires, or when the desk lets its share go,
-- whichever comes first and leaves room; else never.
CREATE OR REPLACE FUNCTION slots_update_search() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    known timestamptz := CASE
        WHEN NEW.taken < NEW.capacity AND NEW.online_taken < NEW.online_capacity
            THEN timestamptz '1970-01-01 00:00:00+00'
        WHEN NEW.frees_at IS NULL AND (NEW.taken >= NEW.capacity OR NEW.desk_until IS NULL)
            THEN timestamptz '9999-01-01 00:00:00+00'
        WHEN NEW.frees_at IS NULL THEN NEW.desk_until
        ELSE coalesce((
            SELECT min(moments.at)
            FROM (
                SELECT place.expires_at AS at FROM places place WHERE place.slot_id = NEW.id
                UNION SELECT NEW.desk_until
            ) moments
            WHERE (
                    SELECT count(*) FROM places kept
                    WHERE kept.slot_id = NEW.id
                        AND (kept.expires_at IS NULL OR kept.expires_at > moments.at)
                ) < NEW.capacity
                AND (
                    SELECT count(*) FROM places kept
                    WHERE kept.slot_id = NEW.id AND kept.online
                        AND (kept.expires_at IS NULL OR kept.expires_at > moments.at)
                ) < CASE
                    WHEN NEW.desk_until <= moments.at THEN NEW.capacity
                    ELSE NEW.online_capacity
                END
        ), timestamptz '9999-01-01 00:00:00+00')
    END;
BEGIN
    UPDATE slot_services given SET free_from = known, closed = NEW.closed_at IS NOT NULL OR EXISTS (
        SELECT 1 FROM slot_closings alone
        WHERE alone.slot_id = NEW.id AND alone.service_id = given.service_id)
    WHERE slot_id = NEW.id AND (free_from <> known OR closed <> (
        NEW.closed_at IS NOT NULL OR EXISTS (
            SELECT 1 FROM slot_closings alone
            WHERE alone.slot_id = NEW.id AND alone.service_id = given.service_id)));
    RETURN NULL;
END $$;

-- `slot_services.free_from` and `closed` are always what the slot says. A slot that had room and has
-- room tells nothing; any other is asked after each change, also when its counts stay as they were:
-- a hold that becomes an appointment does not expire any more.
CREATE TRIGGER slots_update_search AFTER UPDATE ON slots
FOR EACH ROW WHEN (
    NOT (OLD.taken < OLD.capacity AND OLD.online_taken < OLD.online_capacity
        AND NEW.taken < NEW.capacity AND NEW.online_taken < NEW.online_capacity)
    OR (NEW.closed_at IS NULL) <> (OLD.closed_at IS NULL))
EXECUTE FUNCTION slots_update_search();
