"""The page of the parts that pages share: in both languages, narrow and wide, light and dark."""


def test_every_part_fits_and_is_accessible(visitor):
    visitor.open("/demo/components")
    if visitor.scripts:
        assert visitor.page.locator("svg use").count() > 40  # every icon
    assert visitor.page.locator("[aria-invalid=true]").count() >= 8
