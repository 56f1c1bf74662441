"""Retiring on the page: whom it concerns by name, then as it was shown; taken back on the same page."""

from datetime import timedelta

import pytest

from clinic import clock
from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import Appointment, Hold, HoldFor
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_practitioner, make_user
from tests.world import World

FROM = clinic_day(NOON) + timedelta(days=1)


@pytest.fixture
def world(both, noon):
    world = World(hours={})
    world.client = both.test_client().sign_in(make_user(Role.MANAGER, centre=world.centre))
    return world


def page_of(world, kind="clinician", what=None, day=FROM, **asking):
    number = (what or world.practitioner).id
    address = f"/setup/centres/{world.centre.code}/retiring?kind={kind}&what={number}&day={day}"
    return world.client.page(address, **asking)


def test_a_clinician_with_forty_visits(world):
    for day in range(5):
        session = world.session if day == 0 else world.open(FROM + timedelta(days=day))
        for number in range(8):
            world.book(number, session)
    colleague = make_practitioner([world.service], centre=world.centre)
    for day in range(3, 9):
        world.open(FROM + timedelta(days=day), practitioner=colleague)
    page = page_of(world)
    assert "40" in page.one("h2").text()
    page.form(holding="version").submit().follow()
    db.session.rollback()
    visits = db.session.query(Appointment).all()
    assert len([one for one in visits if one.displaced_at]) == 40
    kept = db.session.query(Hold).filter_by(purpose=HoldFor.NEW_TIME).count()
    assert kept > 0
    assert broken_promises() == []

    listed = world.client.page(f"/setup/centres/{world.centre.code}/retire")
    listed.press("恢复使用").follow()
    db.session.rollback()
    assert not [one for one in visits if one.displaced_at]
    assert broken_promises() == []


def test_the_last_who_gives_a_service_is_said(world):
    assert world.service.name_zh in page_of(world).one(".notice").text()
    make_practitioner([world.service], centre=world.centre)
    assert not page_of(world).tree.css(".notice")


def test_a_booking_in_between_is_shown_first(world):
    page = page_of(world)
    world.book(0)
    shown = page.form(holding="version").submit()
    assert shown.response.status_code == 422
    assert world.practitioner.retired_on is None
    shown.form(holding="version").submit().follow()
    db.session.rollback()
    assert world.practitioner.retired_on == FROM


@pytest.mark.parametrize("kind", ["room", "service", "centre"])
def test_each_kind_has_its_page(world, kind):
    what = {"room": world.room, "service": world.service, "centre": world.centre}[kind]
    page_of(world, kind, what).form(holding="version").submit().follow()
    db.session.rollback()
    assert broken_promises() == []


@pytest.mark.parametrize("day", [clinic_day(NOON), FROM - timedelta(days=9)])
def test_a_day_that_has_come_is_refused_in_a_sentence(world, day):
    assert "明天" in page_of(world, day=day, status=422).words


def test_what_is_another_centres_is_not_found(world):
    other = make_practitioner([world.service])
    page_of(world, what=other, status=404)
    assert clock.now() == NOON
