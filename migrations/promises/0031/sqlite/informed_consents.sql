-- What somebody agreed to before a vaccination is never changed.
CREATE TRIGGER informed_consents_append_only_update BEFORE UPDATE ON informed_consents
BEGIN
    SELECT RAISE(ABORT, 'informed_consents_append_only');
END;

-- Nor is a row deleted.
CREATE TRIGGER informed_consents_append_only_delete BEFORE DELETE ON informed_consents
BEGIN
    SELECT RAISE(ABORT, 'informed_consents_append_only');
END;
