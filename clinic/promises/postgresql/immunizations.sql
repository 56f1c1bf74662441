-- A dose enters the record, is corrected or struck out: what is due for its child is another.
CREATE TRIGGER immunizations_record AFTER INSERT OR UPDATE OR DELETE ON immunizations
FOR EACH ROW EXECUTE FUNCTION note_record();

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER immunizations_versions_counted AFTER INSERT OR UPDATE OR DELETE ON immunizations
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
