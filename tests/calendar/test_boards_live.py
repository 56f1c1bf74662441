"""What a board shows as the day goes on: who waits, what is free, what may be taken hold of."""

from datetime import date, time, timedelta

import pytest

from clinic.accounts.models import Role
from clinic.calendar.board import waited
from clinic.db import db
from clinic.scheduling.day import attendance
from tests.makes import (
    NOON,
    make_appointment,
    make_child,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
)
from tests.pages import values

pytestmark = pytest.mark.usefixtures("noon")
TODAY = date(2026, 3, 2)
VIEWS = ["/calendar/", "/calendar/week", "/calendar/month"]


@pytest.fixture
def services(app):
    return [make_service(), make_service(name_zh="康复训练")]


@pytest.fixture
def practitioner(services):
    return make_practitioner(services)


@pytest.fixture
def centre(practitioner):
    return practitioner.centre


@pytest.fixture
def session(practitioner, services):
    room = make_room(practitioner.centre)
    return make_session(practitioner, room, services, TODAY, time(8), time(17))


@pytest.fixture
def other(centre, services):
    """Another clinician's session, today, for the second service only."""
    who = make_practitioner([services[1]], centre=centre, name_zh="周治疗师")
    room = make_room(centre, name_zh="训练室")
    return make_session(who, room, [services[1]], TODAY, time(8), time(17))


@pytest.fixture
def visits(services, session, other):
    before = NOON - timedelta(days=1)
    names = [("王一禾", services[0], session), ("李小满", services[1], other)]
    return [
        make_appointment(make_child(name=name), service, one.slots[16], now=before)
        for name, service, one in names
    ]


@pytest.fixture
def manager(client, centre):
    return client.sign_in(make_user(Role.MANAGER, centre=centre))


def test_the_now_line_is_on_today_only(manager, visits):
    today = manager.get("/calendar/").text
    assert today.count('class="now-line"') == 2
    assert "12:00" in today
    assert 'class="now-line"' not in manager.get("/calendar/?day=2026-03-03").text


def test_who_waits_and_how_long(visits):
    visit = visits[0]
    assert waited(visit, NOON) is None
    attendance.check_in(visit, by=make_user(), now=NOON)
    assert waited(visit, NOON + timedelta(minutes=12, seconds=59)) == 12
    attendance.finish(visit, by=make_user(), now=NOON, note="")
    assert waited(visit, NOON + timedelta(minutes=20)) is None


def test_free_times_stand_between_the_visits_and_none_is_over(manager, session, visits):
    """From eight to five in quarters; it is noon, and somebody is booked at noon."""
    page = manager.get("/calendar/", query_string={"who": session.practitioner_id}).text
    free = values(page, '.free.num[data-drop][data-day="2026-03-02"]', "data-at")
    quarters = [f"{hour}:{minute:02}" for hour in range(12, 17) for minute in (0, 15, 30, 45)]
    assert free == quarters[1:]


@pytest.mark.parametrize("view", VIEWS[:2])
def test_a_manager_takes_hold_of_sessions_and_a_clinician_of_their_visits_only(
    client, manager, practitioner, session, visits, view
):
    tomorrow = make_session(
        practitioner, session.room, practitioner.services, date(2026, 3, 3), time(8), time(12)
    )
    day = {"day": "2026-03-03"}
    theirs = make_appointment(service=visits[0].service, slot=tomorrow.slots[0])
    page = manager.get(view, query_string=day).text
    assert page.count('data-move="session"') == 1
    assert f"/manage/sessions/{tomorrow.id}/move" in page
    practitioner.user = make_user(Role.CLINICIAN, centre=practitioner.centre)
    db.session.commit()
    page = client.sign_in(practitioner.user).get(view, query_string=day).text
    assert 'data-move="session"' not in page
    assert "/manage/sessions/" not in page
    assert f'data-url="/manage/appointments/{theirs.id}/move' in page
    assert 'data-from="08:00" data-to="12:00"' in page


def test_who_came_or_is_done_with_stays_where_they_are(manager, visits):
    assert manager.get("/calendar/").text.count('data-move="visit"') == 2
    attendance.check_in(visits[0], by=make_user(), now=NOON)
    db.session.commit()
    assert manager.get("/calendar/").text.count('data-move="visit"') == 1


def test_a_month_says_who_waits_today_and_only_today(manager, visits):
    assert "人在等候" not in manager.get("/calendar/month").text
    for visit in visits:
        attendance.check_in(visit, by=make_user(), now=NOON)
    attendance.finish(visits[0], by=make_user(), now=NOON, note="")
    db.session.commit()
    assert manager.get("/calendar/month").text.count("1人在等候") == 1
    assert "人在等候" not in manager.get("/calendar/month?day=2026-05-01").text


def test_by_service_a_time_that_two_have_free_stands_once_and_names_nobody(manager, session, other):
    page = manager.get("/calendar/", query_string={"by": "service"}).text
    assert (
        values(page, '[data-at="16:00"]', "data-with") == [""] * 2
    )  # of each service once, though two clinicians give one
    page = manager.get("/calendar/").text
    assert len(set(values(page, '[data-at="16:00"][data-with]', "data-with"))) == 2


def test_the_lines_of_time_show_the_present_on_today_only(manager, session, other):
    tomorrow = date(2026, 3, 3)
    make_session(session.practitioner, session.room, session.practitioner.services, tomorrow)
    for view in VIEWS[:2]:
        page = manager.get(view).text
        assert values(page, ".strip-now", "data-from") == ["12:00"] * 2
    assert "strip-now" not in manager.get("/calendar/?day=2026-03-03").text
