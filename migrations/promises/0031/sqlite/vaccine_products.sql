-- A product stays one of its vaccine: lots of it are counted by that.
CREATE TRIGGER vaccine_products_stay BEFORE UPDATE ON vaccine_products
WHEN NEW.vaccine <> OLD.vaccine
BEGIN
    SELECT RAISE(ABORT, 'vaccine_products_stay');
END;
