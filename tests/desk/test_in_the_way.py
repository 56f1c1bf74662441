"""A second booking of a child at a time says which visit is in the way, where, with a link."""

from datetime import time

import pytest

from clinic.db import db
from clinic.scheduling.models import Appointment
from tests.desk.conftest import TODAY
from tests.makes import (
    make_appointment,
    make_child,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_slot,
    make_user,
)

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def app(both):
    return both


@pytest.fixture
def parent():
    return make_user(phone="+8613900139000", name="张敏")


@pytest.fixture
def child(parent):
    return make_child(parent, name="赵子沐")


def walk_in(desk, child, slot, service):
    """The answer to the form, filled in for that child and time."""
    page = desk.page("/desk/walk-in").form()
    page.fill(
        phone="13900139000",
        guardian="张敏",
        name=child.name,
        sex=child.sex,
        birth_date=child.birth_date,
        agreed=True,
        slot=str(slot.id),
    )
    return page.submit("预约")


def test_a_walk_in_says_which_visit_is_in_the_way(desk, service, slot, parent, child):
    first = make_appointment(child, service, slot, by=parent)
    answer = walk_in(desk, child, slot, service)
    assert answer.status in (409, 422)
    (said,) = [row for row in answer.rows("#times .notice-warn") if child.name in row]
    assert "14:00" in said
    assert slot.centre.name_zh in said
    assert answer.link("查看预约") == f"/desk/appointments/{first.id}"
    assert db.session.query(Appointment).count() == 1


def test_a_visit_at_another_centre_is_said_and_not_linked(desk, service, slot, parent, child):
    other = make_slot(make_service(), day=TODAY, opens=time(14), closes=time(17))
    make_appointment(child, other.practitioner.services[0], other, by=parent)
    answer = walk_in(desk, child, slot, service)
    (said,) = [row for row in answer.rows("#times .notice-warn") if child.name in row]
    assert other.centre.name_zh in said
    assert not answer.tree.css("#times .notice-warn a")


def test_a_move_says_which_visit_is_in_the_way(desk, service, slot, parent, child):
    first = make_appointment(child, service, slot, by=parent)
    other = make_service()
    who = make_practitioner([other], centre=slot.centre)
    session = make_session(
        who, make_room(slot.centre), [other], TODAY, opens=time(14), closes=time(17)
    )
    visit = make_appointment(child, other, session.slots[4], by=parent)
    page = desk.page(f"/desk/appointments/{visit.id}/move?slot={session.slots[0].id}")
    assert page.link("查看预约") == f"/desk/appointments/{first.id}"
