-- A lot stays at its centre, and of its product.
CREATE TRIGGER vaccine_lots_stay BEFORE UPDATE ON vaccine_lots
FOR EACH ROW WHEN (NEW.centre_id <> OLD.centre_id OR NEW.product_id <> OLD.product_id)
EXECUTE FUNCTION refuse();

-- Add to `stock.on_hand` what is left of the lot now, less what was left of it before.
CREATE OR REPLACE FUNCTION vaccine_lots_count() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    more int := 0;
    lot vaccine_lots := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.recalled_at IS NULL THEN
        more := more - OLD.received + OLD.used + OLD.wasted;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.recalled_at IS NULL THEN
        more := more + NEW.received - NEW.used - NEW.wasted;
    END IF;
    PERFORM stock_add(
        lot.centre_id, (SELECT vaccine FROM vaccine_products WHERE id = lot.product_id), more, 0);
    RETURN NULL;
END $$;

-- `stock.on_hand` is always what is left of the lots that are not recalled. The centre's stock has a new
-- version, also when only a lot's dates change.
CREATE TRIGGER vaccine_lots_count AFTER INSERT OR UPDATE OR DELETE ON vaccine_lots
FOR EACH ROW EXECUTE FUNCTION vaccine_lots_count();
