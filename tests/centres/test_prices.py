"""What a service costs: typed in yuan, kept in fen, a centre's own price before the city's."""

import pytest

from clinic.amounts import NotAPrice, fen_of, yuan
from clinic.centres.models import CentreService
from clinic.centres.queries import prices_at
from clinic.db import db
from tests.makes import make_centre
from tests.world import World

TYPED = {
    "120": 12000,
    "35.5": 3550,
    "３５．５": 3550,
    "¥120": 12000,
    "120元": 12000,
    "120 yuan": 12000,
    "0": 0,
    "99999": 9_999_900,
}


@pytest.mark.parametrize("typed", TYPED)
def test_a_price_is_typed_in_yuan(typed):
    assert fen_of(typed) == TYPED[typed]


@pytest.mark.parametrize("typed", ["", "元", "-1", "1.005", "100000", "a lot", "1e3", "NaN"])
def test_what_is_no_price_is_refused(typed):
    with pytest.raises(NotAPrice):
        fen_of(typed)


@pytest.mark.parametrize("fen", [0, 5, 50, 100, 3550, 12000, 9_999_900])
def test_a_price_is_written_as_it_is_typed(fen):
    assert fen_of(yuan(fen)) == fen


class Priced(World):
    """A service that costs 20 yuan in the city, and at this centre what the test says."""

    def __init__(self):
        super().__init__(hours={}, price_fen=2000)
        self.charge(None)

    def charge(self, fen):
        row = db.session.get(CentreService, (self.centre.id, self.service.id))
        row.price_fen = fen
        db.session.commit()


@pytest.mark.usefixtures("both")
def test_a_centres_own_price_goes_before_the_citys():
    world = Priced()
    assert prices_at(world.centre.id) == {world.service.id: 2000}
    world.charge(0)
    assert prices_at(world.centre.id) == {world.service.id: 0}


@pytest.mark.usefixtures("noon")
def test_families_read_the_price_where_they_choose_and_it_changes_at_once(both):
    world = Priced()
    other = make_centre()
    other.services = [world.service]
    assert world.child
    client = both.test_client().sign_in(world.parent)
    assert "20元" in client.page(f"/centres/{world.centre.code}").words
    assert "20元" in client.page("/pediatrics/").words
    world.charge(3550)
    assert "35.50元" in client.page(f"/centres/{world.centre.code}").words
    assert "20元 – 35.50元" in client.page("/pediatrics/").words
    assert "35.50元" in client.page(f"/pediatrics/?centre={world.centre.id}").words
    hold = world.hold(0, by=world.parent)
    assert "35.50元" in client.page(f"/pediatrics/holds/{hold.id}").words
    world.charge(0)
    assert "免费" in client.page(f"/pediatrics/holds/{hold.id}").words
