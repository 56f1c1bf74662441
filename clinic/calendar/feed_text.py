"""What a clinician's feed says, as iCalendar (RFC 5545, 7986). It never names a child.

The same appointments give the same bytes: no moment of asking is in them, so that a calendar
that asks every hour is told that nothing has changed. Times are in UTC.
"""

from datetime import datetime, time, timedelta

from flask_babel import gettext as _
from icalendar import Calendar, Event
from sqlalchemy import select

from clinic.accounts.models import Person
from clinic.centres.models import Leave, Practitioner
from clinic.centres.queries import is_self
from clinic.clock import local
from clinic.db import db
from clinic.families.pinyin import initials
from clinic.i18n import name_of
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import appointments
from clinic.scheduling.references import spoken
from clinic.scheduling.status import Status, last_changed, status_of

PAST, AHEAD = timedelta(weeks=2), timedelta(weeks=8)
OFF = (Status.CANCELLED, Status.DISPLACED)
REFRESH = timedelta(hours=1)


def feed_of(user: Person, *, now: datetime) -> bytes:
    """The clinician's appointments and leaves, two weeks back and eight ahead."""
    start, end = now - PAST, now + AHEAD
    own = select(Practitioner.id).where(is_self(user))
    visits = db.session.scalars(
        appointments().where(
            Appointment.practitioner_id.in_(own),
            Appointment.starts_at >= start,
            Appointment.starts_at < end,
        )
    )
    leaves = db.session.scalars(
        select(Leave)
        .where(
            Leave.practitioner_id.in_(own),
            Leave.lifted_at.is_(None),
            Leave.ends_at > start,
            Leave.starts_at < end,
        )
        .order_by(Leave.starts_at, Leave.id)
    )
    calendar = _frame()
    for appointment in visits:
        calendar.add_component(_appointment_event(appointment))
    for leave in leaves:
        calendar.add_component(_away(leave))
    return bytes(calendar.to_ical())


def _frame() -> Calendar:
    title = _("My appointments")
    calendar = Calendar()
    calendar.add("prodid", "-//clinic//calendar//")
    calendar.add("version", "2.0")
    calendar.add("name", title)
    calendar.add("x-wr-calname", title)
    calendar.add("refresh-interval", REFRESH, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    return calendar


def _appointment_event(appointment: Appointment) -> Event:
    event = _event(f"appointment-{appointment.id}", last_changed(appointment))
    event.add("sequence", appointment.version)
    event.add("dtstart", appointment.starts_at)
    event.add("dtend", appointment.ends_at)
    reference = spoken(appointment.booking.reference)
    event.add(
        "summary", f"{name_of(appointment.service)} {initials(appointment.child.name)} {reference}"
    )
    event.add("location", f"{name_of(appointment.room)}, {name_of(appointment.centre)}")
    event.add("status", "CANCELLED" if status_of(appointment) in OFF else "CONFIRMED")
    return event


def _away(leave: Leave) -> Event:
    event = _event(f"leave-{leave.id}", leave.made_at)
    start, end = local(leave.starts_at), local(leave.ends_at)
    if start.time() == end.time() == time.min:
        event.add("dtstart", start.date())
        event.add("dtend", end.date())
    else:
        event.add("dtstart", leave.starts_at)
        event.add("dtend", leave.ends_at)
    event.add("summary", _("Away"))
    event.add("status", "CONFIRMED")
    return event


def _event(uid: str, changed: datetime) -> Event:
    """An event that last changed then: DTSTAMP says so too where there is no METHOD (RFC 5545, 3.8.7.2)."""
    event = Event()
    event.add("uid", f"{uid}@appointments")
    event.add("dtstamp", changed)
    event.add("last-modified", changed)
    event.add("transp", "OPAQUE")
    event.add("class", "PRIVATE")
    return event
