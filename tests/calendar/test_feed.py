"""A clinician's calendar at a secret address, as a phone reads it."""

from datetime import date, time, timedelta

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st
from icalendar import Calendar
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import Membership, Role
from clinic.audit.trail import AuditEvent
from clinic.calendar import feeds
from clinic.calendar.models import CalendarFeed
from clinic.centres.models import Leave
from clinic.clock import at
from clinic.db import db
from clinic.families.pinyin import initials
from clinic.scheduling.appointments import booking
from clinic.scheduling.references import spoken
from tests.makes import (
    NOON,
    make_appointment,
    make_centre,
    make_practitioner,
    make_service,
    make_slot,
    make_user,
    save,
)
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def service(app):
    return make_service()


@pytest.fixture
def practitioner(service):
    centre = make_centre()
    user = make_user(Role.CLINICIAN, centre=centre, name="陈医生")
    return make_practitioner([service], user=user, centre=centre)


@pytest.fixture
def slot(service, practitioner):
    return make_slot(service, practitioner=practitioner)


@pytest.fixture
def visit(service, slot):
    return make_appointment(service=service, slot=slot)


@pytest.fixture
def address(practitioner):
    return address_for(practitioner.user)


def address_for(user):
    token = feeds.open_feed(user, now=NOON)
    db.session.commit()
    return f"/calendar/feeds/{token}.ics"


def events(answer):
    return Calendar.from_ical(answer.data).walk("VEVENT")


def make_leave(practitioner, starts_at, ends_at):
    return save(
        Leave(
            centre_id=practitioner.centre_id,
            practitioner_id=practitioner.id,
            starts_at=starts_at,
            ends_at=ends_at,
            reason="住院",
            made_at=NOON,
            made_by_id=practitioner.user_id,
        )
    )


def test_a_phone_reads_the_appointment(client, address, visit):
    answer = client.get(address)
    assert answer.mimetype == "text/calendar"
    assert answer.headers["Cache-Control"] == "private, no-cache"
    (event,) = events(answer)
    assert event["uid"] == f"appointment-{visit.id}@appointments"
    assert event["summary"] == f"儿科门诊 WYH {spoken(visit.booking.reference)}"
    assert event["location"] == f"诊室一, {visit.centre.name_zh}"
    assert (event["status"], event["sequence"]) == ("CONFIRMED", visit.version)
    assert (event["dtstart"].dt, event["dtend"].dt) == (visit.starts_at, visit.ends_at)


def test_it_names_nobody(client, address, visit, practitioner):
    make_leave(practitioner, NOON, NOON + timedelta(hours=2))
    visit.reason, visit.note = "咳嗽", "复查"
    answer = client.get(address)
    whole = answer.data.decode().replace("\r\n ", "")
    assert "WYH" in whole
    hidden = ("王一禾", "王芳", "陈医生", "Chen", "咳嗽", "复查", "住院", "wangyihe")
    assert [text for text in hidden if text in whole] == []


def test_it_is_read_in_english_too(client, address, visit):
    (event,) = events(client.get(f"{address}?lang=en"))
    assert event["summary"].startswith("Paediatric visit WYH ")
    (event,) = events(client.get(f"{address}?lang=rubbish"))
    assert event["summary"].startswith("儿科门诊")


def test_what_is_cancelled_says_so_and_keeps_its_uid(client, address, visit):
    (before,) = events(client.get(address))
    booking.cancel(visit, by=make_user(), online=False, now=NOON + timedelta(hours=1))
    (after,) = events(client.get(address))
    assert (after["uid"], after["status"]) == (before["uid"], "CANCELLED")
    assert after["sequence"] > before["sequence"]
    assert after["last-modified"].dt == NOON + timedelta(hours=1)


def test_what_is_moved_is_newer_in_every_way(client, address, visit, slot):
    (before,) = events(client.get(address))
    later = NOON + timedelta(minutes=7)
    with time_machine.travel(later, tick=False):
        visit.slot_id = slot.clinic_session.slots[-1].id
        db.session.commit()
        (after,) = events(client.get(address))
    assert after["sequence"] > before["sequence"]
    assert (after["dtstamp"].dt, after["last-modified"].dt) == (later, later)


@pytest.mark.parametrize(
    ("later", "seen"),
    [(timedelta(days=14), 1), (timedelta(days=16), 0), (timedelta(0), 1)],
)
def test_two_weeks_back_are_kept(client, address, visit, later, seen):
    with time_machine.travel(NOON + later, tick=False):
        assert len(events(client.get(address))) == seen


@pytest.mark.parametrize(("weeks", "seen"), [(7, 1), (9, 0)])
def test_eight_weeks_ahead_are_shown(client, address, visit, weeks, seen):
    visit_day = visit.starts_at
    with time_machine.travel(visit_day - timedelta(weeks=weeks), tick=False):
        assert len(events(client.get(address))) == seen


def test_leaves_are_whole_days_or_hours(client, address, practitioner):
    day = date(2026, 3, 10)
    make_leave(practitioner, at(day, time.min), at(day + timedelta(days=2), time.min))
    make_leave(practitioner, at(day, time(13)), at(day, time(15)))
    lifted = make_leave(practitioner, at(day, time(16)), at(day, time(17)))
    lifted.lifted_at, lifted.lifted_by_id = NOON, practitioner.user_id
    whole, hours = events(client.get(address))
    assert (whole["dtstart"].dt, whole["dtend"].dt) == (day, day + timedelta(days=2))
    assert (hours["dtstart"].dt, hours["dtend"].dt) == (at(day, time(13)), at(day, time(15)))
    assert whole["summary"] == "休假"


def test_an_unchanged_calendar_is_not_sent_again(client, address, visit):
    etag = client.get(address).headers["ETag"]
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        again = client.get(address, headers={"If-None-Match": etag})
        assert (again.status_code, again.data) == (304, b"")
        booking.cancel(visit, by=make_user(), online=False, now=NOON)
        assert client.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_many_appointments_ask_as_often_as_one(client, address, visit, service, slot):
    client.get(address)  # a reader is noted, in a statement more
    few = count_queries(lambda: client.get(address))
    for other in slot.clinic_session.slots[-4:]:
        make_appointment(service=service, slot=other)
    assert count_queries(lambda: client.get(address)) == few
    assert len(events(client.get(address))) == 5


def test_a_revoked_address_says_nothing_and_others_stay(client, address, practitioner):
    other = address_for(make_user(Role.CLINICIAN, centre=make_centre()))
    client.sign_in(practitioner.user)
    assert client.post("/calendar/feed/close").status_code == 303
    for gone in (address, "/calendar/feeds/nothing.ics"):
        answer = client.get(gone)
        assert (answer.status_code, answer.data) == (404, b"")
    assert client.get(other).status_code == 200


def test_another_clinicians_visits_are_not_in_it(client, address, visit):
    mine = {event["uid"] for event in events(client.get(address))}
    make_appointment()
    assert {event["uid"] for event in events(client.get(address))} == mine


def test_who_is_no_clinician_any_more_is_not_read(client, address, practitioner):
    assert client.get(address).status_code == 200
    db.session.query(Membership).filter_by(user_id=practitioner.user_id).delete()
    assert client.get(address).status_code == 404


def test_the_page_shows_the_address_once_and_replaces_the_earlier(client, address, practitioner):
    client.sign_in(practitioner.user)
    shown = client.post("/calendar/feed").text
    start = shown.index("/calendar/feeds/")
    fresh = shown[start : shown.index('"', start)]
    assert client.get(fresh).status_code == 200
    assert client.get(address).status_code == 404
    assert "/calendar/feeds/" not in client.get("/calendar/feed").text


def test_only_the_hash_is_kept_and_deeds_are_on_record(practitioner):
    user = practitioner.user
    token = feeds.open_feed(user, now=NOON)
    feeds.close_feed(user, now=NOON)
    feeds.close_feed(user, now=NOON)
    row = db.session.query(CalendarFeed).one()
    assert token not in (row.token_hash, str(row.id))
    assert len(token) >= 43  # 256 bits
    deeds = [
        audit_event.action
        for audit_event in db.session.query(AuditEvent).filter_by(subject="calendar_feeds")
    ]
    assert deeds == ["open_feed", "close_feed"]


def test_the_database_refuses_a_second_live_feed(practitioner, address):
    second = CalendarFeed(user_id=practitioner.user_id, token_hash="x" * 64, made_at=NOON)
    with pytest.raises(IntegrityError):
        save(second)


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("王一禾", "WYH"),
        ("单雄信", "SXX"),
        ("尉迟恭", "YCG"),
        ("Anna Smith", "AS"),
        ("欧阳明", "OYM"),
        ("阿依古丽·买买提", "AYGLMMT"),
        ("𬱖㛃", "DJ"),
        ("𠮷田", "*T"),
        ("Zoë Müller", "ZM"),
        ("李Anna Ö", "LAÖ"),
    ],
)
def test_initials(name, letters):
    assert initials(name) == letters


@given(st.text(alphabet="王一禾单曾尉迟恭李明欧阳", min_size=2, max_size=5))
def test_initials_are_one_letter_a_character(name):
    assert len(initials(name)) == len(name)
