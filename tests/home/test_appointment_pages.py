"""A family's appointments: seen, put into a calendar, cancelled."""

from datetime import time, timedelta

import pytest
import time_machine
from icalendar import Calendar

from clinic import clock
from clinic.accounts.models import Role
from clinic.db import db
from clinic.scheduling.appointments import booking, moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.visits import arriving
from tests.calendar import rfc5545
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_guardianship,
    make_slot,
    make_user,
)
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
PAGES = ["/", "/appointments/", "/family"]


@pytest.fixture
def parent(app):
    return make_user()


@pytest.fixture
def visit(parent):
    return make_appointment(make_child(parent), by=parent)


def test_it_shows_where_when_and_what_to_bring(client, parent, visit):
    page = client.sign_in(parent).get(f"/appointments/{visit.id}").text
    assert visit.booking.reference[:4] in page
    assert "病历本" in page
    assert '<svg class="qr"' in page.replace("  ", " ") or 'class="qr"' in page


def test_the_calendar_file_says_the_time_and_names_no_child(client, parent, visit):
    answer = client.sign_in(parent).get(f"/appointments/{visit.id}.ics")
    event = Calendar.from_ical(answer.data).walk("VEVENT")[0]
    assert event.decoded("dtstart") == visit.starts_at
    assert event.decoded("dtend") == visit.ends_at
    assert "王一禾" not in answer.text


def calendar_of(client, visit):
    """The file that the appointment's page offers, whatever it is called there.

    It is read by the letter too, with the centre's page for its organizer.
    """
    page = client.get(f"/appointments/{visit.id}")
    assert f"/appointments/{visit.id}.ics" in page.text
    data = client.get(f"/appointments/{visit.id}.ics").data
    ((event,), _calendar) = rfc5545.read(data)
    assert event["ORGANIZER"].endswith(f"/centres/{visit.centre.code}")
    assert (event["DTSTART"], event["DTEND"]) == (visit.starts_at, visit.ends_at)
    return Calendar.from_ical(data)


def test_the_file_of_a_moved_appointment_moves_the_entry(client, parent, visit):
    client.sign_in(parent)
    (before,) = calendar_of(client, visit).walk("VEVENT")
    other = make_slot(visit.service, day=TOMORROW, opens=time(14), closes=time(15))
    with time_machine.travel(NOON + timedelta(minutes=3), tick=False):
        wanted = Request(visit.child, visit.service, slots_for(visit.service, other.id))
        moving.move([Move(visit, wanted)], by=parent, online=True, now=clock.now())
        db.session.commit()
        calendar = calendar_of(client, visit)
    (after,) = calendar.walk("VEVENT")
    assert calendar["method"] == "PUBLISH"
    assert (after["uid"], after["status"]) == (before["uid"], "CONFIRMED")
    assert after["sequence"] > before["sequence"]
    assert after.decoded("dtstamp") == after.decoded("last-modified") == NOON + timedelta(minutes=3)
    assert after.decoded("dtstart") == other.starts_at


@pytest.mark.parametrize("fact", ["cancelled", "displaced"])
def test_the_file_of_what_is_off_removes_the_entry_and_rings_no_more(client, parent, visit, fact):
    client.sign_in(parent)
    (before,) = calendar_of(client, visit).walk("VEVENT")
    assert before.walk("VALARM")
    by = parent.id
    setattr(visit, f"{fact}_at", NOON)
    setattr(visit, f"{fact}_by_id", by)
    calendar = calendar_of(client, visit)
    (after,) = calendar.walk("VEVENT")
    assert calendar["method"] == "CANCEL"
    assert (after["uid"], after["status"]) == (before["uid"], "CANCELLED")
    assert after["sequence"] > before["sequence"]
    assert after.walk("VALARM") == []


def test_cancelling_asks_first_and_twice_is_once(client, parent, visit):
    client.sign_in(parent)
    url = f"/appointments/{visit.id}/cancellation"
    assert client.get(url).status_code == 200
    assert status_of(visit) is Status.BOOKED
    for _ in range(2):
        assert client.post(url, data={"reason": "发烧"}).location == f"/appointments/{visit.id}"
    assert status_of(visit) is Status.CANCELLED
    assert client.get(url).location == f"/appointments/{visit.id}"  # it is not asked again


def test_too_late_to_cancel_says_whom_to_call(client, parent, visit):
    client.sign_in(parent)
    with time_machine.travel(visit.starts_at - timedelta(minutes=5), tick=False):
        answer = client.post(f"/appointments/{visit.id}/cancellation", data={})
    assert answer.status_code == 422
    assert "tel:" in answer.text
    assert status_of(visit) is Status.BOOKED


@pytest.mark.parametrize("page", ["", ".ics", "/cancellation"])
def test_another_familys_appointment_does_not_exist(client, visit, page):
    client.sign_in(make_user())
    assert client.get(f"/appointments/{visit.id}{page}").status_code == 404


def test_lists_ask_as_often_for_one_appointment_as_for_many(client, parent, visit):
    client.sign_in(parent)
    few = {page: count_queries(lambda page=page: client.get(page)) for page in PAGES}
    for _ in range(3):
        child = make_child(parent)
        make_guardianship(make_user(), child)
        make_appointment(child, by=parent)
    for page in PAGES:
        assert count_queries(lambda page=page: client.get(page)) == few[page], page


def test_a_reason_survives_an_expired_session(client, parent, visit):
    page = f"/appointments/{visit.id}/cancellation"
    client.sign_in(parent).forget().post(page, data={"reason": "发烧了"})
    assert "发烧了" in client.sign_in(parent).get(page).text


def test_who_is_called_late_finds_its_ticket_first(client, parent, visit, app):
    """The booked time is over, and the child is still here: its visit is not past."""
    desk = make_user(Role.RECEPTION, centre=visit.centre)
    arriving.check_in(visit, by=desk, now=visit.starts_at)
    db.session.commit()
    with time_machine.travel(visit.ends_at + timedelta(minutes=30), tick=False):
        home = client.sign_in(parent).page("/")
        assert home.words.index("A001") < home.words.index("近期待办")
        assert home.click("您的号").status == 200
        page = client.page("/appointments/")
        upcoming = page.words.partition("历史预约")[0]
        assert visit.service.name_zh in upcoming


def test_a_page_for_moving_that_was_opened_long_ago_leads_back_to_the_visit(client, parent, visit):
    booking.cancel(visit, by=parent, online=True, now=NOON)
    page = client.sign_in(parent).page(f"/pediatrics/?move={visit.id}", status=303)
    assert page.location.endswith(f"/appointments/{visit.id}")
    assert "这个预约已不能更改。" in page.follow().text
