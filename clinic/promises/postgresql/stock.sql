-- Add to what a centre has of a vaccine, and to what is reserved of it. The row lock of the UPDATE makes
-- concurrent takers wait for each other; each then adds to what the other left, and the CHECK of
-- `stock` refuses the one too many.
CREATE OR REPLACE FUNCTION stock_add(at_centre int, code varchar, doses int, kept int)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO stock (centre_id, vaccine, on_hand, reserved) VALUES (at_centre, code, 0, 0)
    ON CONFLICT DO NOTHING;
    UPDATE stock SET on_hand = on_hand + doses, reserved = reserved + kept
    WHERE centre_id = at_centre AND vaccine = code;
$$;

-- Count the version of that centre's stock of that vaccine, under the lock of the stock's row.
CREATE OR REPLACE FUNCTION stock_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed stock := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO stock_versions (centre_id, vaccine, number)
    VALUES (changed.centre_id, changed.vaccine, 1)
    ON CONFLICT (centre_id, vaccine) DO UPDATE SET number = stock_versions.number + 1;
    RETURN NULL;
END $$;

-- What a centre has of a vaccine, or what is reserved of it, changes: it has a new version.
CREATE TRIGGER stock_version AFTER INSERT OR UPDATE OR DELETE ON stock
FOR EACH ROW EXECUTE FUNCTION stock_version();
