"""Day, week and month: whose they are, how they are narrowed down, and how they ask again."""

import json
from datetime import date, time, timedelta

import pytest

from clinic.accounts.models import Role
from clinic.centres.models import Practitioner
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.changes import applying, kinds
from clinic.scheduling.day import attendance
from tests.makes import (
    NOON,
    make_appointment,
    make_centre,
    make_child,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
)
from tests.pages import values
from tests.queries import count_queries

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


def names_in(page):
    return {name for name in ("王一禾", "李小满") if name in page.text}


@pytest.mark.parametrize("view", VIEWS[:2])
@pytest.mark.parametrize(
    ("asked", "shown"),
    [
        ("", {"王一禾", "李小满"}),
        ("who", {"王一禾"}),
        ("room", {"王一禾"}),
        ("service", {"王一禾"}),
        ("rubbish", {"王一禾", "李小满"}),
    ],
)
def test_a_manager_sees_the_centre_narrowed_down(manager, session, visits, view, asked, shown):
    mine = {
        "who": {"who": session.practitioner_id},
        "room": {"room": session.room_id},
        "service": {"service": visits[0].service_id},
        "rubbish": {"who": "99999", "room": "x", "service": "-1", "by": "colour"},
    }
    assert names_in(manager.get(view, query_string=mine.get(asked, {}))) == shown


@pytest.mark.parametrize("by", ["who", "room", "service"])
def test_a_day_is_grouped(manager, session, other, visits, by):
    page = manager.get("/calendar/", query_string={"by": by}).text
    headings = [one.removeprefix("g") for one in values(page, 'h2[id^="g"]', "id")]
    ids = {
        "who": [session.practitioner_id, other.practitioner_id],
        "room": [session.room_id, other.room_id],
        "service": sorted(visit.service_id for visit in visits),
    }
    assert headings == [str(number) for number in ids[by]]


def test_a_week_by_room_has_a_line_for_each_room(manager, session, other):
    page = manager.get("/calendar/week?by=room").text
    assert page.count('class="strip-cell"') == len(session.practitioner.centre.rooms)
    for shown in (session, other):
        assert f'data-room="{shown.room_id}"' in page
        assert f'<span class="small muted">{shown.room.name_zh}</span>' in page
    assert f'<span class="small muted">{session.practitioner.name_zh}</span>' not in page


@pytest.mark.parametrize("view", VIEWS)
def test_a_clinician_sees_their_own_and_no_centre(client, practitioner, visits, view):
    practitioner.user = make_user(Role.CLINICIAN, centre=practitioner.centre)
    client.sign_in(practitioner.user)
    assert "李小满" not in client.get(view).text
    where = {"centre": practitioner.centre.code}
    assert client.get(view, query_string=where).status_code == 404


@pytest.mark.parametrize("view", VIEWS)
def test_another_centres_manager_sees_nothing_of_this_one(client, centre, visits, view):
    elsewhere = make_practitioner(visits[0].practitioner.services).centre
    client.sign_in(make_user(Role.MANAGER, centre=elsewhere))
    assert names_in(client.get(view)) == set()
    assert client.get(view, query_string={"centre": centre.code}).status_code == 404


@pytest.mark.parametrize("view", VIEWS)
def test_boards_ask_as_often_for_one_as_for_many(manager, centre, services, visits, view):
    few = count_queries(lambda: manager.get(view))
    for hour in range(8, 12):
        who = make_practitioner(services, centre=centre)
        more = make_session(who, make_room(centre), services, TODAY, time(hour), time(17))
        make_appointment(service=services[0], slot=more.slots[-1])
    assert count_queries(lambda: manager.get(view)) == few


@pytest.mark.parametrize("view", VIEWS)
def test_a_board_that_has_all_is_told_so_and_one_that_has_not_gets_it(
    manager, services, session, visits, view
):
    (headers,) = values(manager.get(view).text, "#board", "hx-headers")
    asks = {"HX-Request": "true"} | json.loads(headers)
    assert manager.get(view, headers=asks).status_code == 304

    attendance.check_in(visits[0], by=make_user(), now=NOON)
    make_appointment(make_child(name="新来的"), services[0], session.slots[20])

    answer = manager.get(view, headers=asks)
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert answer.headers["ETag"] != asks["If-None-Match"]
    assert ("1人在等候" if view == "/calendar/month" else "已等0分钟") in answer.text


@pytest.mark.parametrize("view", VIEWS)
def test_a_day_that_is_shut_says_why(manager, centre, session, view):
    closure = kinds.Close(centre, at(TODAY, time(18)), at(TODAY, time(20)), "电路检修", "Repairs")
    version = applying.preview(closure, now=NOON).version
    applying.apply(closure, version, by=make_user(), now=NOON)
    works = kinds.WorksAs(centre, date(2026, 3, 3), None)
    applying.apply(works, applying.preview(works, now=NOON).version, by=make_user(), now=NOON)

    assert "电路检修" in manager.get(view).text
    day = "?day=2026-03-03" if view == "/calendar/" else ""
    assert "当天不开诊" in manager.get(view + day).text


@pytest.mark.parametrize("day", ["", "rubbish", "0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("view", VIEWS)
def test_a_day_that_is_none_is_today(manager, visits, view, day):
    assert manager.get(view, query_string={"day": day}).status_code == 200


def test_a_clinician_without_a_calendar_is_told(client, centre):
    client.sign_in(make_user(Role.CLINICIAN, centre=centre))
    assert db.session.query(Practitioner).filter_by(user_id=None).count() == 1
    for view in VIEWS:
        assert client.get(view).status_code == 200


@pytest.mark.parametrize("view", VIEWS[:2])
def test_a_managers_board_leads_to_what_the_manager_may_look_at(manager, visits, view):
    page = manager.get(view).text
    links = values(page, 'a[href^="/desk/appointments/"]', "href")
    assert sorted(links) == sorted(f"/desk/appointments/{visit.id}" for visit in visits)
    shown = manager.get(links[0]).text
    assert "王一禾" in shown
    assert "/arrival" not in shown  # to look, not to do
    assert "/cancellation" not in shown
    for number in range(2):
        url = f"/desk/appointments/{visits[number].id}"
        assert manager.post(f"{url}/arrival").status_code == 403
        assert manager.get(f"{url}/move").status_code == 403


def test_a_manager_who_sees_children_has_their_own_visits_page(
    client, practitioner, centre, visits
):
    user = make_user(Role.MANAGER, Role.CLINICIAN, centre=centre)
    practitioner.user = user
    page = client.sign_in(user).get(f"/calendar/?centre={centre.code}").text
    assert f'href="/calendar/appointments/{visits[0].id}"' in page
    assert f'href="/desk/appointments/{visits[1].id}"' in page


def test_another_centres_manager_may_not_look(client, visits):
    client.sign_in(make_user(Role.MANAGER, centre=make_centre()))
    assert client.get(f"/desk/appointments/{visits[0].id}").status_code == 404
