"""A centre's day in a real browser: a vaccination morning, a sick therapist, no mouse, no scripts."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.scheduling.references import spoken
from clinic.scheduling.status import Status, status_of
from clinic.vaccination.record.models import Immunization
from clinic.visits.models import Ticket
from clinic.visits.rules import State
from tests.browser.day import (
    BY_HAND,
    STATIONS,
    answered,
    call_and_finish,
    check_in_typed,
    give,
    post_the_rest,
    queue,
    seat,
    send,
    site_at,
)
from tests.browser.mornings import (
    DOSED,
    EIGHT,
    HALF_PAST_SEVEN,
    NAMES,
    sick_therapist,
    vaccinations,
)


def test_a_vaccination_morning(chromium, migrated, tmp_path):
    with site_at(EIGHT, vaccinations, migrated, tmp_path) as (address, morning):
        check_everybody_in(chromium, address, morning)
        through_two_stations(chromium, address, morning)
        to_the_needle_and_the_chairs(chromium, address, morning)

        tickets = db.session.scalars(select(Ticket)).all()
        assert len(tickets) == len(NAMES)
        assert sorted(ticket.number for ticket in tickets) == list(range(1, len(NAMES) + 1))
        assert {ticket.state for ticket in tickets} == {State.OBSERVING}
        given = db.session.execute(select(Immunization.vaccine, func.count()).group_by("vaccine"))
        assert [tuple(row) for row in given] == [("MMR", DOSED)]


def check_everybody_in(chromium, address, morning):
    """Two desks in turn: some are found by reference, pinyin or phone, the others in the list."""
    desks = [seat(chromium, address, one) for one in morning.people["desk"]]
    with desks[0] as first, desks[1] as second:
        for one in (first, second):
            one.open("/desk/")
        for number, family in enumerate(morning.booked[:BY_HAND]):
            says = (family.reference, family.initials, family.phone)[number % 3]
            check_in_typed((first, second)[number % 2], family, says)
        for number, family in enumerate(morning.booked[BY_HAND:]):
            who = morning.people["desk"][number % 2]
            path = f"/desk/appointments/{family.appointment_id}/arrival"
            assert send(address, who, path, {"csrf_token": who.token}).status == 200
        first.open("/desk/")
        assert first.page.locator('form[action$="/arrival"]').count() == 0
        assert first.page.locator("a.tag.num").count() == len(NAMES)


def through_two_stations(chromium, address, morning):
    """Pre-check and registration: two rooms call from one line, nobody is called twice."""
    nurses = [seat(chromium, address, one) for one in morning.people["nurse"]]
    with nurses[0] as first, nurses[1] as second:
        for station in STATIONS[:2]:
            labels = []
            for room, nurse in zip(morning.rooms, (first, second), strict=True):
                nurse.open(queue(morning.code, station, room))
            for _ in range(3):
                labels += [call_and_finish(nurse, n) for n, nurse in enumerate((first, second))]
            assert len(set(labels)) == len(labels)
            rest = post_the_rest(
                address, morning.people["nurse"][0], morning.code, station, morning.rooms[0]
            )
            assert rest == len(NAMES) - len(labels)


def to_the_needle_and_the_chairs(chromium, address, morning):
    """Each room calls its own; the wall shows numbers; doses are given; the board watches."""
    with (
        seat(chromium, address, morning.people["nurse"][0]) as nurse,
        seat(chromium, address, morning.people["desk"][0]) as desk,
    ):
        nurse.open(queue(morning.code, STATIONS[2], morning.rooms[0]))
        answered(nurse.page, nurse.page.locator("#call-next").click)
        called = nurse.page.locator("li.accent .ticket").inner_text()
        look_at_the_wall(desk, morning, called)
        for family in morning.booked[:DOSED]:
            give(nurse, family.appointment_id)
        nurse.open("/vaccination/observation")
        assert nurse.page.locator("#staying li.card").count() == DOSED
        for who, room in zip(morning.people["nurse"], morning.rooms, strict=True):
            post_the_rest(address, who, morning.code, STATIONS[2], room)
        desk.open(queue(morning.code, "observation", ""))
        assert desk.page.locator("#watched ~ ul li").count() == len(NAMES)


def look_at_the_wall(desk, morning, called):
    """The number that is called and its room; not one name."""
    desk.open(f"/desk/screen/{morning.code}")
    shown = desk.page.locator("body").inner_text()
    assert called in desk.page.locator(".calls").inner_text()
    assert "接种室一" in shown
    assert [name for name in NAMES if name in shown] == []
    assert [one.phone for one in morning.booked if one.phone in shown] == []


def test_a_sick_therapist_at_half_past_seven(chromium, migrated, tmp_path):
    with site_at(HALF_PAST_SEVEN, sick_therapist, migrated, tmp_path) as (address, morning):
        with seat(chromium, address, morning.people["desk"][0]) as desk:
            desk.open("/manage/leave")
            row = desk.page.locator("li", has_text="周治疗师")
            desk.press(row.get_by_role("link").first)
            shown = desk.page.locator("main").inner_text()
            assert all(one.name in shown for one in morning.booked)
            desk.press(desk.page.locator("main form .btn-primary"))
            assert desk.page.locator("main li .tag-ok").count() == len(morning.booked)

        first, second = morning.people["parent"]
        with seat(chromium, address, first, width=390) as phone:
            phone.open("/appointments/")
            phone.press(phone.page.locator('a.btn-primary[href*="/rehab/holds/"]').first)
            phone.press(phone.page.locator("#confirm .btn-primary"))
            assert phone.page.locator(".reference").count() == 1
        with seat(chromium, address, second, width=390) as phone:
            phone.open("/appointments/")
            assert phone.page.locator('a[href*="/rehab/holds/"]').count() >= 1

        visits = [db.session.get_one(Appointment, one.appointment_id) for one in morning.booked]
        assert [status_of(visit) for visit in visits] == [Status.BOOKED, Status.DISPLACED]
        assert visits[0].practitioner.name_zh == "何治疗师"
        assert visits[0].booking.reference == morning.booked[0].reference


@pytest.mark.parametrize(("width", "scripts"), [(390, True), (1280, False)])
def test_the_next_visit_is_booked_at_this_one(chromium, migrated, tmp_path, width, scripts):
    with site_at(HALF_PAST_SEVEN, sick_therapist, migrated, tmp_path) as (address, morning):
        visit_id = morning.booked[0].appointment_id
        who = morning.people["therapist"][0]
        with seat(chromium, address, who, width=width, scripts=scripts) as at:
            page = at.page
            at.open(f"/calendar/appointments/{visit_id}")
            if scripts:
                page.locator("#note").fill("进步明显")
            show = page.locator("#follow-up button[value=span]")
            show.click() if scripts else at.press(show)
            slot = page.locator("#follow-up button.slot").first
            slot.wait_for()
            at.look()
            slot.click() if scripts else at.press(slot)
            page.get_by_text("约好").first.wait_for()
            at.look()
            if scripts:  # what was being written is still there
                assert page.locator("#note").input_value() == "进步明显"
            shown = page.locator("main").inner_text()
        first, *_, made = db.session.scalars(select(Appointment).order_by(Appointment.id))
        assert (made.child_id, status_of(made)) == (first.child_id, Status.BOOKED)
        assert spoken(made.booking.reference) in shown
        assert made.starts_at - first.starts_at == timedelta(weeks=2)
