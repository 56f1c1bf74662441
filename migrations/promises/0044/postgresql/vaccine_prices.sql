-- A programme vaccine is free by law: it has no price.
CREATE OR REPLACE FUNCTION vaccine_prices_of_paid() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM vaccine_products WHERE id = NEW.product_id AND free) THEN
        RAISE EXCEPTION USING ERRCODE = 'check_violation', MESSAGE = TG_NAME;
    END IF;
    RETURN NEW;
END $$;

-- A programme vaccine is free by law: it has no price.
CREATE TRIGGER vaccine_prices_of_paid BEFORE INSERT OR UPDATE ON vaccine_prices
FOR EACH ROW EXECUTE FUNCTION vaccine_prices_of_paid();
