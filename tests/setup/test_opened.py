"""Until a centre has opened, families neither see it nor book there."""

from datetime import date

import pytest

from clinic.centres.queries import centres_with, practitioners_for
from clinic.db import db
from clinic.scheduling.models import Hold
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def worlds(both):
    """A centre that is open, and one that is not yet, with the same service."""
    world, new = World(hours={}), World(hours={})
    new.centre.opened_at = None
    db.session.commit()
    world.child  # noqa: B018 - the family
    return world, new


def test_a_centre_is_shown_once_it_is_open(both, worlds):
    world, new = worlds
    client = both.test_client()
    home = client.page("/")
    assert world.centre.name_zh in home.words
    assert new.centre.name_zh not in home.words
    client.page(f"/centres/{new.centre.code}", status=404)
    new.centre.opened_at = world.centre.opened_at
    assert new.centre.name_zh in client.page("/").words
    client.page(f"/centres/{new.centre.code}")


def test_no_search_of_a_family_finds_it(both, worlds):
    world, new = worlds
    client = both.test_client().sign_in(world.parent)
    page = client.page("/pediatrics/", status=200)
    assert world.centre.name_zh in page.words
    assert new.centre.name_zh not in page.words
    assert centres_with(new.service, date.min) == practitioners_for(new.service) == []


def test_no_address_books_there(both, worlds):
    world, new = worlds
    client = both.test_client().sign_in(world.parent)
    sent = {"child": world.child.id, "service": new.service.id, "slot": new.slot().id}
    assert client.post("/pediatrics/holds", data=sent, tampered=True).status_code == 404
    assert db.session.query(Hold).count() == 0
    new.centre.opened_at = world.centre.opened_at
    assert client.post("/pediatrics/holds", data=sent, tampered=True).status_code == 303
