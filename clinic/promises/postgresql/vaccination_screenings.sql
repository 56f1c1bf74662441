-- What was answered before a vaccination is never changed, nor deleted; the newest row is what holds.
CREATE TRIGGER vaccination_screenings_append_only BEFORE UPDATE OR DELETE ON vaccination_screenings
FOR EACH ROW EXECUTE FUNCTION refuse();

-- The answers before a vaccination came: the desk that shows them has a new version of the day.
CREATE TRIGGER vaccination_screenings_desk_version AFTER INSERT ON vaccination_screenings
FOR EACH ROW EXECUTE FUNCTION note_desk_of_appointment();

-- At the commit, what the triggers before it noted is counted, once each and in one order.
CREATE CONSTRAINT TRIGGER vaccination_screenings_versions_counted AFTER INSERT ON vaccination_screenings
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_noted();
