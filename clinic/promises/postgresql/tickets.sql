-- Count on the version of the ticket's desk on its day.
CREATE OR REPLACE FUNCTION tickets_desk_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM bump_version('desk', NEW.centre_id, NEW.day);
    RETURN NULL;
END $$;

-- A ticket is given or changes: its desk has a new version of the day. It stays there, and on its day.
CREATE TRIGGER tickets_desk_version AFTER INSERT OR UPDATE ON tickets
FOR EACH ROW EXECUTE FUNCTION tickets_desk_version();
