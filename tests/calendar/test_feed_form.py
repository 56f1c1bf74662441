"""The feed read back by a reader of our own, by the letter of RFC 5545, on both engines."""

from datetime import date, time, timedelta

import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Event
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import Role
from clinic.calendar import feeds
from clinic.calendar.models import CalendarFeed
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.references import spoken
from tests.calendar.rfc5545 import content, read, text, unfolded
from tests.calendar.test_feed import address_for, make_leave
from tests.makes import NOON, make_centre, make_user, save
from tests.world import World

pytestmark = pytest.mark.usefixtures("noon")
AWKWARD = "推拿; 理疗, 训练 \\ 评估 " + "很长的名字" * 8


@pytest.fixture
def clinician(both):
    """Somebody whose service and rooms have names that need escapes and folds."""
    centre = make_centre(name_zh="朝晖, 中心; 二")
    world = World(name_zh=AWKWARD, centre=centre, hours={})
    practitioner, user = world.practitioner, world.clinician
    visits = [world.book(number) for number in range(3)]
    booking.cancel(visits[2], by=user, online=False, now=NOON)
    day = date(2026, 3, 10)
    make_leave(practitioner, at(day, time.min), at(day + timedelta(days=2), time.min))
    make_leave(
        practitioner, at(day + timedelta(days=3), time(13)), at(day + timedelta(days=3), time(15))
    )
    return user, visits, both.test_client()


def test_every_event_is_read_back_as_it_was_meant(clinician):
    user, visits, client = clinician
    events, calendar = read(client.get(address_for(user)).data)
    assert calendar["PRODID"]
    assert len(events) == 5
    by_uid = {event["UID"]: event for event in events}
    for visit in visits:
        found = by_uid[f"appointment-{visit.id}@appointments"]
        assert (found["DTSTART"], found["DTEND"]) == (visit.starts_at, visit.ends_at)
        assert found["SUMMARY"] == f"{AWKWARD} WYH {spoken(visit.booking.reference)}"
        assert found["LOCATION"] == f"诊室一, {visit.centre.name_zh}"
        assert found["STATUS"] == ("CANCELLED" if visit.cancelled_at else "CONFIRMED")
        assert found["SEQUENCE"] == visit.version
    days = [event["DTSTART"] for event in events if type(event["DTSTART"]) is date]
    assert days == [date(2026, 3, 10)]


def test_an_empty_calendar_is_one_too(both):
    client = both.test_client()
    assert isinstance(client, FlaskClient)
    address = address_for(make_user(Role.CLINICIAN, centre=make_centre()))
    assert read(client.get(address).data)[0] == []


def test_one_user_has_one_live_feed_on_both_engines(both):
    user = make_user(Role.CLINICIAN, centre=make_centre())
    tokens = [feeds.open_feed(user, now=NOON) for _ in range(3)]
    db.session.commit()
    assert [feeds.whose(token) is not None for token in tokens] == [False, False, True]
    with pytest.raises(IntegrityError):
        save(CalendarFeed(user_id=user.id, token_hash="x" * 64, made_at=NOON))


GOOD = (
    b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\n"
    b"DTSTAMP:20260302T040000Z\r\nDTSTART:20260302T040000Z\r\nDTEND:20260302T050000Z\r\n"
    b"SUMMARY:a\\, b\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def test_the_reader_takes_what_is_right():
    assert read(GOOD)[0][0]["SUMMARY"] == "a, b"


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (b"\r\n", b"\n"),
        (b"\\,", b","),
        (b"\\,", b";"),
        (b"\\,", b"\\x"),
        (b"a\\, b", b"a" * 80),
        (b"UID:1\r\n", b""),
        (b"UID:1\r\n", b"UID:1\r\nUID:2\r\n"),
        (b"DTEND:20260302T050000Z", b"DTEND:20260302T040000Z"),
        (b"DTEND:20260302T050000Z", b"DTEND;VALUE=DATE:20260303"),
        (b"DTEND:20260302T050000Z", b"DTEND;TZID=Asia/Shanghai:20260302T050000"),
        (b"DTSTAMP:20260302T040000Z", b"DTSTAMP:20260302T040000"),
        (b"DTSTAMP:20260302T040000Z\r\n", b""),
        (b"VERSION:2.0\r\n", b""),
        (b"VERSION:2.0", b"VERSION:1.0"),
        (b"END:VEVENT\r\n", b""),
        (b"UID:1\r\n", b"UID:1\r\nBEGIN:VALARM\r\nEND:VALARM\r\n"),
        (b"PRODID:x\r\n", b"PRODID:x\r\nMETHOD:PUBLISH\r\n"),
        (b"PRODID:x\r\n", b"PRODID:x\r\nMETHOD:CANCEL\r\n"),
        (b"PRODID:x\r\n", b"PRODID:x\r\nMETHOD:REQUEST\r\n"),
        (b"SUMMARY:a", b"SUMMARY:\x07a"),
        (b"SUMMARY:a", b"SUMMARY a"),
        (b"END:VCALENDAR\r\n", b""),
        (b"END:VCALENDAR\r\n", b"END:VCALENDAR"),
    ],
)
def test_the_reader_refuses_what_is_not(right, wrong):
    assert right in GOOD
    with pytest.raises(ValueError):  # noqa: PT011 # whichever it is
        read(GOOD.replace(right, wrong))


@given(
    st.text(st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\u2028\u2029\x85"))
)
def test_any_text_comes_back(said):
    event = Event()
    event.add("summary", said)
    (line,) = unfolded(event.to_ical())[1:-1]
    assert text(content(line).value) == said
