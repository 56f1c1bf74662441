-- `slot_services.closed` and `free_from` are always what the slot says, and whether the service alone
-- is shut: a place of it is free online
-- at once if there is room; else when a place expires, or when the desk lets its share go, whichever
-- comes first and leaves room; else never. A slot that had room and has room tells nothing; any other
-- is asked after each change, also when its counts stay as they were: a hold that becomes an
-- appointment does not expire any more.
CREATE TRIGGER slots_update_search AFTER UPDATE ON slots
WHEN NOT (OLD.taken < OLD.capacity AND OLD.online_taken < OLD.online_capacity
        AND NEW.taken < NEW.capacity AND NEW.online_taken < NEW.online_capacity)
    OR (NEW.closed_at IS NULL) <> (OLD.closed_at IS NULL)
BEGIN
    UPDATE slot_services SET
        closed = NEW.closed_at IS NOT NULL OR EXISTS (
            SELECT 1 FROM slot_closings alone
            WHERE alone.slot_id = NEW.id AND alone.service_id = slot_services.service_id),
        free_from = CASE
            WHEN NEW.taken < NEW.capacity AND NEW.online_taken < NEW.online_capacity
                THEN '1970-01-01 00:00:00.000000'
            WHEN NEW.frees_at IS NULL AND (NEW.taken >= NEW.capacity OR NEW.desk_until IS NULL)
                THEN '9999-01-01 00:00:00.000000'
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
            ), '9999-01-01 00:00:00.000000')
        END
    WHERE slot_id = NEW.id;
END;
