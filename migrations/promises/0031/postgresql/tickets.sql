-- Note the version of the ticket's desk, before the change and after it.
CREATE OR REPLACE FUNCTION tickets_desk_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        PERFORM note_version('desk:' || OLD.centre_id || ':' || OLD.day);
    END IF;
    PERFORM note_version('desk:' || NEW.centre_id || ':' || NEW.day);
    RETURN NULL;
END $$;

-- A ticket is given or changes: its desk has a new version of the day.
CREATE TRIGGER tickets_desk_version AFTER INSERT OR UPDATE ON tickets
FOR EACH ROW EXECUTE FUNCTION tickets_desk_version();

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER tickets_versions_counted AFTER INSERT OR UPDATE ON tickets
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
