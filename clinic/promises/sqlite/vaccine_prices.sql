-- A programme vaccine is free by law: it has no price.
CREATE TRIGGER vaccine_prices_of_paid_insert BEFORE INSERT ON vaccine_prices
WHEN EXISTS (SELECT 1 FROM vaccine_products WHERE id = NEW.product_id AND free)
BEGIN
    SELECT RAISE(ABORT, 'vaccine_prices_of_paid');
END;

-- The same on update.
CREATE TRIGGER vaccine_prices_of_paid_update BEFORE UPDATE ON vaccine_prices
WHEN EXISTS (SELECT 1 FROM vaccine_products WHERE id = NEW.product_id AND free)
BEGIN
    SELECT RAISE(ABORT, 'vaccine_prices_of_paid');
END;
