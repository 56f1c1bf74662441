-- What somebody agreed to, or did not, is never changed; the newest row is what holds.
CREATE TRIGGER consents_append_only_update BEFORE UPDATE ON consents
BEGIN
    SELECT RAISE(ABORT, 'consents_append_only');
END;

-- Nor is a row deleted.
CREATE TRIGGER consents_append_only_delete BEFORE DELETE ON consents
BEGIN
    SELECT RAISE(ABORT, 'consents_append_only');
END;
