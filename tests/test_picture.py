from tests.picture import PICTURE, draw


def test_the_picture_shows_the_house_as_it_is():
    assert PICTURE.read_text() == draw(), "run ./dev docs"
