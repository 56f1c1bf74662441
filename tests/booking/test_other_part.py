"""One part of a check with a vaccination is moved: the other stays, moves too or is cancelled."""

from datetime import timedelta

import pytest

from clinic.accounts.models import Role
from clinic.clock import local
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_booking,
    make_child,
    make_stock,
    make_user,
)
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
LATER = TOMORROW + timedelta(days=2)


class Trip:
    """A check at nine, then a vaccination, tomorrow; the same hours two days later."""

    def __init__(self, app):
        check = World("checkups", name_zh="健康检查", bring_zh="儿保手册\n医保卡")
        self.centre, self.parent = check.centre, check.parent
        jab = World(
            "vaccination", centre=self.centre, name_zh="预防接种", bring_zh="接种证\n医保卡"
        )
        make_stock(self.centre)
        self.services = [check.service, jab.service]
        self.sessions = {
            (day, world.service.kind): world.open(day)
            for day in (TOMORROW, LATER)
            for world in (check, jab)
        }
        at_nine = check.request(check.child, 0, self.sessions[TOMORROW, "checkups"])
        after = jab.request(check.child, 1, self.sessions[TOMORROW, "vaccination"])
        visits = make_booking(at_nine, after, by=self.parent)
        self.first, self.second = [visit.id for visit in visits]
        self.client = app.test_client().sign_in(self.parent)

    def confirm_page(self, part, day, number):
        """The page that confirms the new time: that part, to that slot of the day."""
        visit = db.session.get_one(Appointment, part)
        slot = self.sessions[day, visit.service.kind].slots[number]
        address = f"/{visit.service.kind}/?move={part}&day={day}"
        page = self.client.page(address)
        return page.form("wish").submit(str(slot.id)).follow()

    def times(self):
        db.session.expire_all()
        parts = [
            db.session.get_one(Appointment, appointment)
            for appointment in (self.first, self.second)
        ]
        return [
            None if status_of(part) is Status.CANCELLED else f"{local(part.starts_at):%d %H:%M}"
            for part in parts
        ]


@pytest.fixture
def trip(both):
    return Trip(both)


def other_choices(page):
    return page.values("[name=other]", "value")


@pytest.mark.parametrize(
    ("choice", "times"),
    [
        (0, ["05 10:00", "03 09:15"]),  # it stays
        (1, ["05 10:00", "05 10:15"]),  # right after it, as before
        (2, ["05 10:00", None]),
    ],
)
def test_whoever_moves_one_part_says_what_becomes_of_the_other(trip, choice, times):
    page = trip.confirm_page(trip.first, LATER, 4)
    assert "预防接种" in page.words
    form = page.form(holding="other")
    form.fill(other=other_choices(page)[choice]).submit().follow()
    assert trip.times() == times
    assert broken_promises() == []


def test_nothing_is_moved_before_that_is_said(trip):
    page = trip.confirm_page(trip.first, LATER, 4).form(holding="other").submit()
    assert page.status == 422
    assert page.errors == {"other": "请选择另一项怎么安排。"}
    assert trip.times() == ["03 09:00", "03 09:15"]


def test_the_part_before_moves_to_before_the_other(trip):
    page = trip.confirm_page(trip.second, LATER, 4)
    page.form(holding="other").fill(other=other_choices(page)[1]).submit().follow()
    assert trip.times() == ["05 09:45", "05 10:00"]


def test_where_the_other_part_is_now_both_may_go_on(trip):
    page = trip.confirm_page(trip.first, TOMORROW, 1)
    assert other_choices(page)[-1] == "cancel"
    assert "stays" not in other_choices(page)
    page.form(holding="other").fill(other=other_choices(page)[0]).submit().follow()
    assert trip.times() == ["03 09:15", "03 09:30"]


def test_a_time_for_the_other_part_that_has_gone_is_asked_about_again(trip):
    page = trip.confirm_page(trip.first, LATER, 4)
    shown = other_choices(page)[1]
    taken = trip.sessions[LATER, "vaccination"].slots[5]
    assert shown == str(taken.id)
    make_appointment(make_child(), trip.services[1], taken)
    again = page.form(holding="other").fill(other=shown).submit()
    assert again.status == 422
    assert set(again.errors) == {"other"}
    assert other_choices(again)[1] != shown
    assert trip.times() == ["03 09:00", "03 09:15"]


def test_what_to_bring_is_the_sum_where_both_are_on_that_day(trip):
    page = trip.confirm_page(trip.first, TOMORROW, 4)
    assert [page.words.count(one) for one in ("儿保手册", "接种证", "医保卡")] == [1, 1, 1]
    other_day = trip.confirm_page(trip.first, LATER, 4)
    assert "接种证" not in other_day.words


def test_a_visit_of_one_part_asks_nothing(trip):
    booking.cancel(
        db.session.get_one(Appointment, trip.second), by=trip.parent, online=True, now=NOON
    )
    db.session.commit()
    page = trip.confirm_page(trip.first, LATER, 4)
    assert other_choices(page) == []
    page.press("改到这个时间")
    assert trip.times() == ["05 10:00", None]


@pytest.fixture
def staff(trip):
    reception = make_user(Role.RECEPTION, Role.MANAGER, centre=trip.centre)
    trip.client.sign_in(reception)
    return trip


@pytest.mark.parametrize("path", ["desk", "manage"])
@pytest.mark.parametrize(
    ("choice", "times"),
    [(0, ["05 10:00", "03 09:15"]), (1, ["05 10:00", "05 10:15"]), (2, ["05 10:00", None])],
)
def test_staff_who_move_one_part_say_what_becomes_of_the_other(staff, path, choice, times):
    slot = staff.sessions[LATER, "checkups"].slots[4].id
    address = f"/{path}/appointments/{staff.first}/move?slot={slot}"
    page = staff.client.page(address)
    refused = page.form(holding="version").submit()
    assert refused.status >= 400
    assert "请选择另一项怎么安排" in refused.words
    form = refused.form(holding="version")
    form.fill(other=other_choices(refused)[choice]).submit().follow()
    assert staff.times() == times
    assert broken_promises() == []


@pytest.mark.parametrize("both_parts", [True, False])
def test_the_desk_cancels_one_part_or_both(staff, both_parts):
    page = staff.client.page(f"/desk/appointments/{staff.first}/cancellation")
    assert "预防接种" in page.words
    form = page.form(holding="reason")
    form.fill(**({"other": True} if both_parts else {})).submit().follow()
    assert staff.times() == [None, None if both_parts else "03 09:15"]
