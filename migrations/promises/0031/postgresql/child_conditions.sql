-- A condition that changes what is due is noted, ends or is struck out.
CREATE TRIGGER child_conditions_record AFTER INSERT OR UPDATE OR DELETE ON child_conditions
FOR EACH ROW EXECUTE FUNCTION note_record();

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER child_conditions_versions_counted AFTER INSERT OR UPDATE OR DELETE ON child_conditions
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
