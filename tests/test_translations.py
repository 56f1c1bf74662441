from tests.translations import complaints


def test_every_text_of_the_site_has_its_chinese():
    assert list(complaints()) == []
