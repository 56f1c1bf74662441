-- A lot stays at its centre, and of its product.
CREATE TRIGGER vaccine_lots_stay BEFORE UPDATE ON vaccine_lots
WHEN NEW.centre_id <> OLD.centre_id OR NEW.product_id <> OLD.product_id
BEGIN
    SELECT RAISE(ABORT, 'vaccine_lots_stay');
END;

-- `stock.on_hand` is always what is left of the lots that are not recalled. There is one writer at a time, so
-- the lots are counted anew. The centre's stock has a new version.
CREATE TRIGGER vaccine_lots_count_insert AFTER INSERT ON vaccine_lots
BEGIN
    INSERT INTO stock (centre_id, vaccine, on_hand, reserved)
    SELECT NEW.centre_id, vaccine, 0, 0 FROM vaccine_products WHERE id = NEW.product_id
    ON CONFLICT DO NOTHING;
    UPDATE stock SET on_hand = (
        SELECT coalesce(sum(lot.received - lot.used - lot.wasted), 0)
        FROM vaccine_lots lot
        JOIN vaccine_products product ON product.id = lot.product_id
        WHERE lot.centre_id = stock.centre_id AND product.vaccine = stock.vaccine
            AND lot.recalled_at IS NULL)
    WHERE centre_id = NEW.centre_id
        AND vaccine = (SELECT vaccine FROM vaccine_products WHERE id = NEW.product_id);
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('stock', NEW.centre_id, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on update.
CREATE TRIGGER vaccine_lots_count_update AFTER UPDATE ON vaccine_lots
BEGIN
    INSERT INTO stock (centre_id, vaccine, on_hand, reserved)
    SELECT NEW.centre_id, vaccine, 0, 0 FROM vaccine_products WHERE id = NEW.product_id
    ON CONFLICT DO NOTHING;
    UPDATE stock SET on_hand = (
        SELECT coalesce(sum(lot.received - lot.used - lot.wasted), 0)
        FROM vaccine_lots lot
        JOIN vaccine_products product ON product.id = lot.product_id
        WHERE lot.centre_id = stock.centre_id AND product.vaccine = stock.vaccine
            AND lot.recalled_at IS NULL)
    WHERE centre_id = NEW.centre_id
        AND vaccine = (SELECT vaccine FROM vaccine_products WHERE id = NEW.product_id);
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('stock', NEW.centre_id, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;

-- The same on delete.
CREATE TRIGGER vaccine_lots_count_delete AFTER DELETE ON vaccine_lots
BEGIN
    INSERT INTO stock (centre_id, vaccine, on_hand, reserved)
    SELECT OLD.centre_id, vaccine, 0, 0 FROM vaccine_products WHERE id = OLD.product_id
    ON CONFLICT DO NOTHING;
    UPDATE stock SET on_hand = (
        SELECT coalesce(sum(lot.received - lot.used - lot.wasted), 0)
        FROM vaccine_lots lot
        JOIN vaccine_products product ON product.id = lot.product_id
        WHERE lot.centre_id = stock.centre_id AND product.vaccine = stock.vaccine
            AND lot.recalled_at IS NULL)
    WHERE centre_id = OLD.centre_id
        AND vaccine = (SELECT vaccine FROM vaccine_products WHERE id = OLD.product_id);
    INSERT INTO versions (topic, centre_id, day, number)
    VALUES ('stock', OLD.centre_id, '1970-01-01', 1)
    ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = number + 1;
END;
