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
    IF more <> 0 THEN
        PERFORM stock_add(
            lot.centre_id, (SELECT vaccine FROM vaccine_products WHERE id = lot.product_id), more, 0);
    END IF;
    RETURN NULL;
END $$;

-- `stock.on_hand` is always what is left of the lots that are not recalled.
CREATE TRIGGER vaccine_lots_count AFTER INSERT OR UPDATE OR DELETE ON vaccine_lots
FOR EACH ROW EXECUTE FUNCTION vaccine_lots_count();

-- Count the version of the centre's stock of the lot's vaccine.
CREATE OR REPLACE FUNCTION vaccine_lots_stock_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    lot vaccine_lots := CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
BEGIN
    INSERT INTO stock_versions (centre_id, vaccine, number)
    SELECT lot.centre_id, vaccine, 1 FROM vaccine_products WHERE id = lot.product_id
    ON CONFLICT (centre_id, vaccine) DO UPDATE SET number = stock_versions.number + 1;
    RETURN NULL;
END $$;

-- A lot changes: its centre's stock of the vaccine has a new version, for its dates and numbers are shown.
CREATE TRIGGER vaccine_lots_stock_version AFTER INSERT OR UPDATE OR DELETE ON vaccine_lots
FOR EACH ROW EXECUTE FUNCTION vaccine_lots_stock_version();
