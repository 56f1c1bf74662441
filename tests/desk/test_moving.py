"""A visit gets another time at the desk: shown first, done as shown, taken back with one press."""

from datetime import time, timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.scheduling.verify import broken_promises
from tests.booking.test_other_part import LATER, Trip
from tests.makes import NOON, TOMORROW, make_appointment, make_room, make_session, make_user

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
    assert visit.child.guardianships[0].user.phone[3:] not in page.words
    assert visit.child.guardianships[0].user.phone in page.click("查看号码").text
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


class MovedAtTheDesk:
    """A check and a vaccination of one visit, both moved with one press at the desk."""

    def __init__(self, app):
        self.trip = Trip(app)
        self.desk = app.test_client().sign_in(make_user(Role.RECEPTION, centre=self.trip.centre))
        self.before = self.trip.times()

    def slot(self, number):
        return self.trip.sessions[LATER, "checkups"].slots[number]

    def move(self, choice):
        """The page of the check after it was moved; `choice` of what becomes of the other part."""
        visit = db.session.get_one(Appointment, self.trip.first)
        form = chosen(self.desk, visit, self.slot(4)).form(holding="other")
        which = form.page.values("[name=other]", "value")[choice]
        return form.fill(other=which).submit().follow()


@pytest.fixture
def moved(app):
    return MovedAtTheDesk(app)


BOTH, STAYS = 1, 0


def test_what_one_press_moved_goes_back_with_one_press(moved):
    page = moved.move(BOTH)
    assert moved.trip.times() == ["05 10:00", "05 10:15"]
    assert "健康检查：改回 3月3日周二 09:00" in page.words
    assert "预防接种：改回 3月3日周二 09:15" in page.words
    assert page.press("两项都改回").status == 303
    assert moved.trip.times() == moved.before
    assert broken_promises() == []


def test_what_stayed_is_not_asked_about_when_the_other_goes_back(moved):
    page = moved.move(STAYS)
    assert moved.trip.times() == ["05 10:00", "03 09:15"]
    assert page.press("改回 3月3日周二 09:00").status == 303
    assert moved.trip.times() == moved.before


def test_a_part_that_was_moved_again_stays_there(moved):
    moved.move(BOTH)
    second = db.session.get_one(Appointment, moved.trip.second)
    with time_machine.travel(NOON + timedelta(minutes=1), tick=False):
        slot = moved.trip.sessions[LATER, "vaccination"].slots[6]
        form = chosen(moved.desk, second, slot).form(holding="other")
        form.fill(other=form.page.values("[name=other]", "value")[STAYS]).submit()
        moved.desk.page(f"/desk/appointments/{moved.trip.first}").press("改回 3月3日周二 09:00")
    assert moved.trip.times() == ["03 09:00", "05 10:30"]


def test_if_one_of_the_times_before_has_gone_nothing_goes_back(moved):
    page = moved.move(BOTH)
    before = moved.trip.sessions[TOMORROW, "vaccination"].slots[1]
    for _ in range(before.capacity):
        make_appointment(service=before.clinic_session.practitioner.services[0], slot=before)
    answer = page.press("两项都改回")
    assert answer.status == 409
    assert moved.trip.times() == ["05 10:00", "05 10:15"]


def test_parts_that_changed_meanwhile_are_shown_again(moved):
    page = moved.move(BOTH)
    assert page.press("两项都改回").status == 303
    answer = moved.desk.post(
        f"/desk/appointments/{moved.trip.first}/move/back", data={"version": ["1", "1"]}
    )
    assert answer.status_code == 409
    assert moved.trip.times() == moved.before
