"""A manager adds a week of sessions; parents see the new times."""

from datetime import date, time

import pytest

from clinic.accounts.models import Role
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.changes import applying, kinds
from clinic.scheduling.models import ClinicSession, Slot
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
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def service(app):
    return make_service()


@pytest.fixture
def practitioner(service):
    return make_practitioner([service])


@pytest.fixture
def room(practitioner):
    return make_room(practitioner.centre)


@pytest.fixture
def manager(client, practitioner):
    return client.sign_in(make_user(Role.MANAGER, centre=practitioner.centre))


@pytest.fixture
def week(practitioner, room, service):
    return {
        "practitioner": practitioner.id,
        "room": room.id,
        "services": [service.id],
        "first_day": "2026-03-03",
        "weekdays": ["0", "1", "2", "3", "4"],
        "opens": "08:00",
        "closes": "10:00",
        "slot_minutes": "15",
        "capacity": "2",
        "online_percent": "100",
    }


def test_a_week_is_added_and_parents_see_it(app, manager, week, service):
    answer = manager.post("/manage/sessions/new", data=week)

    assert answer.status_code == 303
    assert db.session.query(ClinicSession).count() == 5
    assert db.session.query(Slot).count() == 5 * 8
    parent = make_user()
    child = make_child(parent)
    page = (
        app.test_client()
        .sign_in(parent)
        .get(f"/pediatrics/?child={child.id}&service={service.id}&day=2026-03-03")
    )
    assert page.text.count('name="slot"') == 8


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("practitioner", "999"),
        ("practitioner", ""),
        ("room", "999"),
        ("services", []),
        ("services", ["999"]),
        ("first_day", ""),
        ("first_day", "soon"),
        ("first_day", "2026-03-01"),
        ("first_day", "2027-03-01"),
        ("weekdays", []),
        ("opens", ""),
        ("opens", "8 o'clock"),
        ("opens", "10:00"),
        ("closes", "08:10"),
        ("slot_minutes", "0"),
        ("slot_minutes", "many"),
        ("capacity", "0"),
        ("online_percent", "101"),
        ("online_percent", ""),
    ],
)
def test_a_bad_week_is_said_and_nothing_is_added(manager, week, field, value):
    answer = manager.post("/manage/sessions/new", data=week | {field: value})
    assert answer.status_code == 422
    assert "-error" in answer.text
    assert db.session.query(ClinicSession).count() == 0


@pytest.mark.parametrize("clash", ["practitioner", "room"])
def test_one_clash_and_no_day_is_added(manager, week, practitioner, room, service, clash):
    from datetime import date

    other = make_practitioner([service], centre=practitioner.centre)
    who = practitioner if clash == "practitioner" else other
    where = room if clash == "room" else make_room(practitioner.centre)
    make_session(who, where, [service], day=date(2026, 3, 5), opens=time(9))

    answer = manager.post("/manage/sessions/new", data=week)

    assert answer.status_code == 422
    assert "3月5日" in answer.text
    assert db.session.query(ClinicSession).count() == 1


def test_what_the_clinician_does_not_give_is_refused(manager, week, practitioner):
    more = make_service()
    make_practitioner([more], centre=practitioner.centre)
    answer = manager.post("/manage/sessions/new", data=week | {"services": [more.id]})
    assert answer.status_code == 422


def test_an_empty_session_is_withdrawn_a_booked_one_is_not(manager, practitioner, room, service):
    session = make_session(practitioner, room, [service])
    appointment = make_appointment(service=service, slot=session.slots[0])
    url = f"/manage/sessions/{session.id}/withdrawal"
    assert manager.post(url).status_code == 422

    from clinic.scheduling.appointments import booking
    from tests.makes import NOON

    booking.cancel(appointment, by=make_user(), online=True, now=NOON)
    assert manager.post(url).status_code == 303
    assert session.withdrawn_at


def test_another_centres_session_does_not_exist(manager, service):
    other = make_practitioner([service])
    session = make_session(other, make_room(other.centre), [service])
    assert manager.post(f"/manage/sessions/{session.id}/withdrawal").status_code == 404
    assert manager.get(f"/manage/?centre={other.centre.code}").status_code == 404


def test_the_week_asks_as_often_for_one_session_as_for_many(manager, practitioner, room, service):
    make_session(practitioner, room, [service], opens=time(8), closes=time(9))
    few = count_queries(lambda: manager.get("/manage/?week=2026-03-03"))
    for hour in range(9, 17):
        make_session(practitioner, room, [service], opens=time(hour), closes=time(hour + 1))
    assert count_queries(lambda: manager.get("/manage/?week=2026-03-03")) == few


@pytest.mark.parametrize(("hours", "status"), [((8, 9), 303), ((0, 23), 422)])
def test_a_week_with_hours_that_are_shut_is_added_one_with_a_day_that_is_shut_is_refused(
    manager, week, practitioner, hours, status
):
    starts, ends = (at(date(2026, 3, 4), time(hour)) for hour in hours)
    closure = kinds.Close(practitioner.centre, starts, ends, "检修", "Repairs")
    version = applying.preview(closure, now=NOON).version
    applying.apply(closure, version, by=make_user(), now=NOON)

    answer = manager.post("/manage/sessions/new", data=week)

    assert answer.status_code == status
    assert ("3月4日周三这段时间中心或诊室关闭" in answer.text) is (status == 422)
    assert manager.get("/manage/?week=2026-03-02").status_code == 200
