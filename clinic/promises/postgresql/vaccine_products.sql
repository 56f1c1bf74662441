-- A product stays one of its vaccine: lots of it are counted by that.
CREATE TRIGGER vaccine_products_stay BEFORE UPDATE ON vaccine_products
FOR EACH ROW WHEN (NEW.vaccine <> OLD.vaccine)
EXECUTE FUNCTION refuse();
