"""A family's appointments: seen, put into a calendar, cancelled."""

from datetime import timedelta

import pytest
import time_machine
from icalendar import Calendar

from clinic.scheduling.status import Status, status_of
from tests.makes import make_appointment, make_child, make_guardianship, make_user
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


def test_cancelling_asks_first_and_twice_is_once(client, parent, visit):
    client.sign_in(parent)
    url = f"/appointments/{visit.id}/cancellation"
    assert client.get(url).status_code == 200
    assert status_of(visit) is Status.BOOKED
    for _ in range(2):
        assert client.post(url, data={"reason": "发烧"}).location == "/appointments/"
    assert status_of(visit) is Status.CANCELLED


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
