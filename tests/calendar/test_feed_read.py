"""The feed is read back by a library that neither we nor the feed's writer had a hand in (`ical`)."""

from datetime import date, time, timedelta

import pytest
from ical.calendar_stream import IcsCalendarStream
from ical.event import EventStatus

from clinic.accounts.models import Role
from clinic.calendar import feeds
from clinic.centres.models import Leave
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.references import spoken
from tests.makes import NOON, make_centre, make_child, make_user, save
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
NAMES = {"王一禾": "WYH", "𬱖㛃": "DJ", "阿依古丽·买买提": "AYGLMMT", "Anna, Smith; \\o/": "AS\\"}


@pytest.fixture
def world(app):
    centre = make_centre(name_zh="朝晖，中心；甲", name_en="Zhaohui, Centre; A\\B")
    return World(centre=centre, hours={})


@pytest.fixture
def practitioner(world):
    world.practitioner.user = world.staff(Role.CLINICIAN)
    return world.practitioner


@pytest.fixture
def visits(world):
    """One for each name, the last cancelled."""
    made = [world.book(number, child=make_child(name=name)) for number, name in enumerate(NAMES)]
    booking.cancel(made[-1], by=make_user(), online=False, now=NOON)
    return made


@pytest.fixture
def read(client, practitioner):
    """Asks for the feed as a phone does, and reads it."""
    token = feeds.open_feed(practitioner.user, now=NOON)
    db.session.commit()

    def ask(language):
        answer = client.get(f"/calendar/feeds/{token}.ics?lang={language}")
        return IcsCalendarStream.calendar_from_ics(answer.data.decode())

    return ask


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_appointment_is_read_as_it_is_booked(read, visits, language):
    found = {event.uid: event for event in read(language).events}
    assert len(found) == len(visits)
    for visit, letters in zip(visits, NAMES.values(), strict=True):
        one = found[f"appointment-{visit.id}@appointments"]
        service = getattr(visit.service, f"name_{language}")
        place = [getattr(where, f"name_{language}") for where in (visit.room, visit.centre)]
        assert one.summary == f"{service} {letters} {spoken(visit.booking.reference)}"
        assert one.location == ", ".join(place)
        assert (one.dtstart, one.dtend) == (visit.starts_at, visit.ends_at)
        assert (one.sequence, one.classification) == (visit.version, "PRIVATE")
    status = [found[f"appointment-{visit.id}@appointments"].status for visit in visits]
    assert status == [EventStatus.CONFIRMED] * 3 + [EventStatus.CANCELLED]


def test_leaves_are_read_as_days_and_hours(read, practitioner):
    day = date(2026, 3, 10)
    spans = [
        (at(day, time.min), at(day + timedelta(days=2), time.min)),
        (at(day, time(13)), at(day, time(15))),
    ]
    for starts_at, ends_at in spans:
        facts = {"centre_id": practitioner.centre_id, "practitioner_id": practitioner.id}
        made = {"made_at": NOON, "made_by_id": practitioner.user_id, "reason": "住院"}
        save(Leave(starts_at=starts_at, ends_at=ends_at, **facts, **made))
    whole, hours = read("zh").events
    assert (whole.dtstart, whole.dtend) == (day, day + timedelta(days=2))
    assert (hours.dtstart, hours.dtend) == spans[1]
    assert {whole.summary, hours.summary} == {"休假"}


def test_an_empty_feed_is_a_calendar_too(read):
    calendar = read("en")
    assert list(calendar.events) == []
    assert calendar.prodid == "-//clinic//calendar//"
