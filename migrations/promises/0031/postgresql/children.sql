-- Note the version of the child's record.
CREATE OR REPLACE FUNCTION children_record() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM note_version('record:' || NEW.id);
    RETURN NULL;
END $$;

-- A child's row changes, its birth date perhaps: what is due may be another.
CREATE TRIGGER children_record AFTER UPDATE ON children
FOR EACH ROW EXECUTE FUNCTION children_record();

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER children_versions_counted AFTER UPDATE ON children
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
