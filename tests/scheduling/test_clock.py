"""The wall clock of the clinic is the only clock, whatever the server's zone, also where clocks change."""

import re
import time as system_time
from datetime import UTC, date, datetime, time, timedelta

import pytest
from icalendar import Calendar

from clinic import clock
from clinic.app import create_app
from clinic.db import db
from clinic.scheduling.policies.policy import Policy
from clinic.scheduling.search.courses import Pattern, plan_course
from clinic.scheduling.timetable.extending import extend
from clinic.scheduling.timetable.rota import add_rule
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import find_slot_times, slots_for
from clinic.scheduling.verdict.verdict import verdict
from clinic.scheduling.verify import broken_promises
from tests.conftest import SETTINGS
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_slot,
    make_user,
)
from tests.pages import rows

SPRING, AUTUMN = date(2026, 3, 29), date(2026, 10, 25)  # Sundays; at night the clocks change


@pytest.fixture(params=["UTC", "America/New_York"])
def server_zone(request, monkeypatch):
    """The server's own zone, while a test runs."""
    monkeypatch.setenv("TZ", request.param)
    system_time.tzset()
    yield
    monkeypatch.undo()
    system_time.tzset()


@pytest.mark.usefixtures("noon", "server_zone")
def test_eight_in_hangzhou_is_eight_wherever_the_server_stands(client):
    parent = make_user()
    service = make_service()
    slot = make_slot(service, opens=time(8), closes=time(8, 15))
    child = make_child(parent)
    client.sign_in(parent)

    chooser = client.get("/pediatrics/").text
    data = {"child": child.id, "service": service.id, "slot": slot.id}
    held = client.post("/pediatrics/holds", data=data).location
    confirm = client.get(held).text
    booked = client.post(held, data={"reason": ""}).location
    pages = [chooser, confirm, client.get(booked).text, client.get("/appointments/").text]
    file = Calendar.from_ical(client.get(f"{booked}.ics").data)

    assert all("08:00" in page for page in pages)
    elsewhere = re.compile(r"\b(00|19):00")  # what a clock in London or New York would show
    assert not any(elsewhere.search(rows(page, "body")[0]) for page in pages)
    starts = file.walk("VEVENT")[0]["DTSTART"]
    assert starts.dt == datetime(2026, 3, 3, 0, tzinfo=UTC)
    assert starts.dt.hour == 8
    assert starts.params["TZID"] == "Asia/Shanghai"


@pytest.fixture
def berlin(fresh):
    """A site whose clinics stand where clocks change."""
    app = create_app(SETTINGS | {"DATABASE_URL": fresh("sqlite"), "CLINIC_ZONE": "Europe/Berlin"})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    clock.use_zone("Asia/Shanghai")


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25), (TOMORROW, 24)])
def test_a_day_lasts_as_long_as_it_does(berlin, day, hours):
    start, end = clock.day_bounds(day)
    assert end - start == timedelta(hours=hours)


@pytest.mark.parametrize(("day", "slots"), [(SPRING, 10), (AUTUMN, 14), (TOMORROW, 12)])
def test_a_night_is_cut_into_as_many_slots_as_it_has_time_for(berlin, day, slots):
    service = make_service()
    practitioner = make_practitioner([service])
    room = make_room(practitioner.centre)
    session = make_session(
        practitioner, room, [service], day, time(0), time(6), slot_minutes=30, by=make_user()
    )

    assert len(session.slots) == slots
    assert {slot.ends_at - slot.starts_at for slot in session.slots} == {timedelta(minutes=30)}
    assert all(
        a.ends_at == b.starts_at for a, b in zip(session.slots, session.slots[1:], strict=False)
    )
    assert broken_promises() == []


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_the_rota_opens_at_eight_on_the_wall_before_and_after(berlin, day):
    service = make_service()
    practitioner = make_practitioner([service])
    room = make_room(practitioner.centre)
    weekly = Weekly((0, 1, 2, 3, 4), time(8), time(9), 30, valid_from=day - timedelta(days=10))
    manager = make_user()
    add_rule(practitioner, room, [service], weekly, by=manager, now=NOON)

    done = extend([practitioner.centre], day - timedelta(days=2), day + timedelta(days=2), now=NOON)
    again = extend(
        [practitioner.centre], day - timedelta(days=2), day + timedelta(days=2), now=NOON
    )

    found = find_slot_times(
        service,
        [practitioner.centre_id],
        *clock.day_bounds(day - timedelta(days=2), 5),
        now=NOON,
        everything=True,
    )
    assert {clock.local(slot_time.starts_at).time() for slot_time in found} == {
        time(8),
        time(8, 30),
    }
    assert len({slot_time.starts_at.time() for slot_time in found}) == 4  # the moments differ
    assert (done.sessions > 0, again.sessions) == (True, 0)


def test_a_course_keeps_its_hour_on_the_wall_when_the_clocks_change(berlin):
    service = make_service(minutes=30)
    practitioner = make_practitioner([service])
    room = make_room(practitioner.centre)
    mondays = [date(2026, 3, 23), date(2026, 3, 30)]
    for day in mondays:
        make_session(practitioner, room, [service], day, time(8), time(12), slot_minutes=30)
    now = clock.at(date(2026, 3, 22), time(12))
    pattern = Pattern(count=2, weekdays=(0,), wall=time(10), max_gap=7)

    course = plan_course(
        Request(make_child(), service), practitioner.centre_id, mondays[0], pattern, now=now
    )

    walls = [
        clock.local(sitting.offer.starts_at).replace(tzinfo=None) for sitting in course.sittings
    ]
    assert walls == [datetime.combine(day, time(10)) for day in mondays]
    first, second = (sitting.offer.starts_at for sitting in course.sittings)
    assert second - first == timedelta(days=7) - timedelta(hours=1)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_release_at_six_is_at_six_on_the_wall(berlin, day):
    opens_at = Policy(release_days=3).releases_at(day + timedelta(days=1))
    assert clock.local(opens_at).time() == time(18)
    assert clock.clinic_day(opens_at) == day - timedelta(days=2)


@pytest.mark.parametrize("day", [SPRING, AUTUMN])
def test_a_child_is_booked_once_a_day_also_on_the_day_of_23_or_25_hours(berlin, day):
    service = make_service()
    early = make_slot(service, day=day, opens=time(0, 15), closes=time(0, 30))
    late = make_slot(service, day=day, opens=time(23, 30), closes=time(23, 45))
    child = make_child()
    now = clock.at(day - timedelta(days=1), time(12))
    make_appointment(child, service, early, now=now)

    [found] = verdict(Request(child, service, slots_for(service, late.id)), online=True, now=now)

    assert (found.code, found.works_from) == ("enough_that_day", day + timedelta(days=1))
