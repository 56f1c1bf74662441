"""A visit gets another time at the desk: shown first, done as shown, taken back with one press."""

from datetime import time, timedelta

import pytest

from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.booking import booking
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from tests.makes import NOON, make_appointment, make_room, make_session, make_user

TODAY = clinic_day(NOON)
IN_TWO_DAYS = TODAY + timedelta(days=2)
pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def app(both):
    return both


@pytest.fixture
def later(slot, service):
    """Another session, in two days."""
    who = slot.clinic_session.practitioner
    room = make_room(slot.centre, name_zh="诊室二")
    hours = {"opens": time(9), "closes": time(11), "capacity": 1}
    return make_session(who, room, [service], IN_TWO_DAYS, **hours).slots


@pytest.fixture
def visit(service, later):
    """Booked for the first time of that session."""
    return make_appointment(service=service, slot=later[0])


def move_page(desk, visit, **asked):
    query = "&".join(f"{key}={value}" for key, value in asked.items())
    return desk.page(f"/desk/appointments/{visit.id}/move?{query}", status=None)


def chosen(desk, visit, slot):
    """The page after a press on that time."""
    day = clinic_day(slot.starts_at).isoformat()
    form = move_page(desk, visit, day=day).form(holding="slot")
    return form.submit(button=str(slot.id))


def slot_of(visit):
    db.session.expire_all()
    return db.session.get_one(Appointment, visit.id).slot_id


def test_it_opens_on_the_day_of_the_visit(desk, visit):
    page = move_page(desk, visit)
    assert page.one("#day").attributes["value"] == IN_TWO_DAYS.isoformat()


def test_a_press_on_a_time_shows_from_and_to_and_changes_nothing(desk, visit, later):
    before = visit.slot_id
    page = chosen(desk, visit, later[3])
    assert "3月4日周三 09:00" in page.one("section[aria-labelledby=what] s").text()
    assert "3月4日周三 09:45" in page.one("section[aria-labelledby=what] b").text()
    assert "系统不会发消息" in page.words
    assert visit.child.guardianships[0].user.phone[3:] in page.words
    assert slot_of(visit) == before


def test_what_was_shown_is_done_and_taken_back_with_one_press(desk, visit, later):
    before = visit.slot_id
    shown = chosen(desk, visit, later[3]).press("改期").follow()
    assert slot_of(visit) == later[3].id
    assert "系统不会发消息" in shown.words
    shown.press("改回 3月4日周三 09:00")
    assert slot_of(visit) == before


def test_a_move_before_a_cancellation_is_not_taken_back(desk, visit, slot):
    by = make_user()
    booking_page = chosen(desk, visit, slot).press("改期").follow()
    assert "改回" in booking_page.words
    db.session.commit()
    booking.cancel(visit, by=by, online=False, now=NOON)
    db.session.commit()
    assert "改回" not in desk.page(f"/desk/appointments/{visit.id}").words


def test_a_time_that_has_just_gone_is_said_and_nothing_changes(desk, visit, later, service):
    before = visit.slot_id
    page = chosen(desk, visit, later[3])
    make_appointment(service=service, slot=later[3])
    answer = page.press("改期")
    assert answer.status == 409
    assert "刚刚被约走" in answer.words
    assert slot_of(visit) == before


def test_a_visit_that_was_moved_meanwhile_is_shown_again(desk, visit, later):
    page = chosen(desk, visit, later[3])
    chosen(desk, visit, later[5]).press("改期")
    answer = page.press("改期")
    assert answer.status == 409
    assert slot_of(visit) == later[5].id


@pytest.mark.parametrize(
    "asked", [{"slot": 99999}, {"slot": "x"}, {"day": "9999-12-31"}, {"day": "x"}]
)
def test_an_odd_address_is_a_page_all_the_same(desk, visit, asked):
    page = move_page(desk, visit, **asked)
    assert page.status in (200, 409)
    assert page.one("#day").attributes["value"] == IN_TWO_DAYS.isoformat()


@pytest.mark.parametrize("page", ["move", "cancellation"])
def test_who_has_been_seen_is_offered_nothing_to_change(desk, visit, page):
    attendance.finish(visit, by=make_user(), now=visit.ends_at, note="")
    shown = desk.page(f"/desk/appointments/{visit.id}/{page}", status=None)
    assert "这个预约已不能更改。" in shown.words
    assert not shown.main.css("form")
