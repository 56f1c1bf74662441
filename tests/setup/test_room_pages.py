"""Rooms are added and changed on pages; one that is used stays."""

import pytest

from clinic.centres.models import Room
from clinic.db import db
from tests.makes import make_centre, make_room
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def site(both):
    world = World(hours={})
    world.client = both.test_client().sign_in(world.manager)
    world.page = f"/setup/centres/{world.centre.code}/rooms"
    return world


def test_a_room_is_added_and_changed(site):
    form = site.client.page(site.page).form(holding="name_zh")
    page = form.fill(name_zh="发热诊室", name_en="Fever room", is_fever_room=True).submit().follow()
    room = db.session.query(Room).filter_by(name_zh="发热诊室").one()
    assert (room.is_fever_room, room.stations, room.centre_id) == (True, 1, site.centre.id)
    form = site.client.page(f"{site.page}/{room.id}").form(holding="name_zh")
    form.fill(stations="2", is_fever_room=False).submit().follow()
    db.session.refresh(room)
    assert (room.is_fever_room, room.stations) == (False, 2)
    assert "发热诊室" in page.words


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"name_zh": ""}, "name_zh"),
        ({"name_zh": "诊室一"}, "name_zh"),  # the name of the room that is there
        ({"stations": "0"}, "stations"),
        ({"stations": "many"}, "stations"),
    ],
)
def test_an_odd_room_is_refused(site, typed, field):
    form = site.client.page(site.page).form(holding="name_zh")
    page = form.fill({"name_zh": "诊室九", "name_en": "Room 9"} | typed).submit()
    assert (page.status, set(page.errors)) == (422, {field})
    assert db.session.query(Room).count() == 1


def test_a_room_in_use_is_not_removed(site):
    free = make_room(site.centre, name_zh="空房")
    for room, status in ((site.room, 422), (free, 303)):
        page = site.client.page(f"{site.page}/{room.id}").form(action="/removal").submit()
        assert page.status == status
    assert [room.id for room in db.session.query(Room)] == [site.room.id]


def test_a_room_of_another_centre_is_not_found(site):
    other = make_room(make_centre())
    site.client.page(f"{site.page}/{other.id}", status=404)
    assert site.client.post(f"{site.page}/{other.id}/removal", tampered=True).status_code == 404
