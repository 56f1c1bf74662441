-- Add to what a centre has of a vaccine, and to what is reserved of it. The row lock of the UPDATE makes
-- concurrent takers wait for each other; each then adds to what the other left, and the CHECK of
-- `stock` refuses the one too many. The centre's stock has a new version.
CREATE OR REPLACE FUNCTION stock_add(at_centre int, code varchar, doses int, kept int)
RETURNS void LANGUAGE sql AS $$
    INSERT INTO stock (centre_id, vaccine, on_hand, reserved) VALUES (at_centre, code, 0, 0)
    ON CONFLICT DO NOTHING;
    UPDATE stock SET on_hand = on_hand + doses, reserved = reserved + kept
    WHERE centre_id = at_centre AND vaccine = code;
    SELECT bump_version('stock', at_centre, '1970-01-01');
$$;
