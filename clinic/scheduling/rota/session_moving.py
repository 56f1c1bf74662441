"""One session is given other hours, another day or another room: first shown, then done as shown.

The session is withdrawn and another opened in its place. What finds the same time in it keeps it;
what does not is displaced, and is offered new times afterwards by `new_times`. Verbs flush; the
caller commits.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import or_, select

from clinic.accounts.models import Person
from clinic.centres.models import Room, Service
from clinic.centres.retired import retirements
from clinic.clock import at
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.change import HoursChange
from clinic.scheduling.changes.coming_back import come_back, waiting_for_time
from clinic.scheduling.changes.kinds import ShutSessions
from clinic.scheduling.models import Appointment, ClinicSession, ClosedFor, Slot
from clinic.scheduling.queries import services_given
from clinic.scheduling.rota.diff import booked_time, by_booking
from clinic.scheduling.rota.plan import planned_slots_of
from clinic.scheduling.rota.publishing import booked_online, keep_times
from clinic.scheduling.timetable import opening
from clinic.scheduling.timetable.weekly import cut
from clinic.sentences import mark


class HasBegun(DomainError):
    message = mark("This session has begun, or is withdrawn: it cannot be moved any more.")


class InThePast(DomainError):
    message = mark("That time is over. Please choose a later one.")


@dataclass(frozen=True)
class Moving:
    """A session is to be in that room, on that day, from then to then."""

    session: ClinicSession
    room: Room
    day: date
    opens: time
    closes: time


@dataclass(frozen=True)
class Moved:
    """What moving does. `version` stands for exactly this answer."""

    version: str
    hours: opening.Hours
    services: tuple[Service, ...]
    kept: tuple[Appointment, ...]
    lost: tuple[Appointment, ...]
    back: tuple[Appointment, ...]  # lost this very time before, and get it back
    shutting: applying.Preview  # what becomes of the session's slots


def _withdrawal(session: ClinicSession) -> ShutSessions:
    """The change that shuts the session where it is."""
    return ShutSessions(
        session.practitioner.centre,
        (session.id,),
        action=HoursChange.MOVE_SESSION,
        why=ClosedFor.HAND,
        row=session,
    )


def preview(moving: Moving, *, now: datetime) -> Moved:
    """Whom it concerns. It writes nothing.

    Raises HasBegun, InThePast, EndsBeforeItBegins, NoWholeSlot, what `opening.open_times` does, PractitionerBusy
    and RoomBusy.
    """
    session, hours = moving.session, _hours(moving)
    services = _services(moving)
    times = _free_times(moving, hours, services, now)
    shown = applying.preview(_withdrawal(session), now=now)
    given = frozenset(service.id for service in services)
    slots = planned_slots_of(session.practitioner_id, times, hours.capacity, given)
    kept = slots.keep(map(booked_time, by_booking(shown.displaced)))
    waits = _waiting(moving)
    back = slots.keep(map(booked_time, waits))
    whole = (shown.version, moving.room.id, moving.day, hours, sorted(kept), sorted(back))
    return Moved(
        version=hashlib.sha256(repr(whole).encode()).hexdigest()[:16],
        hours=hours,
        services=services,
        kept=tuple(appointment for appointment in shown.displaced if appointment.id in kept),
        lost=tuple(appointment for appointment in shown.displaced if appointment.id not in kept),
        back=tuple(appointment for appointment in waits if appointment.id in back),
        shutting=shown,
    )


def _waiting(moving: Moving) -> Sequence[Appointment]:
    hours = (at(moving.day, moving.opens), at(moving.day, moving.closes))
    return waiting_for_time([moving.session.practitioner_id], *hours)


def _hours(moving: Moving) -> opening.Hours:
    """The new hours, in slots as they were. Raises HasBegun for a session without an open slot."""
    query = (
        select(Slot)
        .where(Slot.clinic_session_id == moving.session.id, Slot.closed_at.is_(None))
        .order_by(Slot.starts_at)
        .limit(1)
    )
    slot = db.session.scalar(query)
    if slot is None:
        raise HasBegun
    minutes = int((slot.ends_at - slot.starts_at).total_seconds() // 60)
    size = (minutes, slot.capacity, slot.online_capacity)
    return opening.Hours(moving.opens, moving.closes, *size)


def _services(moving: Moving) -> tuple[Service, ...]:
    """What the session gives, as far as it is not retired on its new day."""
    session = moving.session
    given = services_given([session.id])[session.id]
    gone = retirements([session.centre_id]).services_on(
        session.centre_id, [service.id for service in given], moving.day
    )
    return tuple(service for service in given if service.id not in gone) or tuple(given)


def _free_times(
    moving: Moving, hours: opening.Hours, services: Sequence[Service], now: datetime
) -> list[tuple[datetime, datetime]]:
    """The new slots that nothing shuts, if nothing else has the clinician or the room."""
    session, day = moving.session, moving.day
    start, end = at(day, hours.opens), at(day, hours.closes)
    if session.withdrawn_at is not None or session.starts_at <= now:
        raise HasBegun
    if start <= now:
        raise InThePast
    if end <= start:
        raise opening.EndsBeforeItBegins
    times = list(cut(start, end, hours.slot_minutes))
    if not times:
        raise opening.NoWholeSlot
    why = opening.open_times(session.practitioner, moving.room, services, day, times)
    busy = select(ClinicSession.practitioner_id).where(
        ClinicSession.id != session.id,
        ClinicSession.withdrawn_at.is_(None),
        or_(
            ClinicSession.practitioner_id == session.practitioner_id,
            ClinicSession.room_id == moving.room.id,
        ),
        ClinicSession.starts_at < end,
        ClinicSession.ends_at > start,
    )
    if (whose := db.session.scalar(busy.limit(1))) is not None:
        is_theirs = whose == session.practitioner_id
        raise (opening.PractitionerBusy if is_theirs else opening.RoomBusy)(day=day)
    return [span for span, reasons in zip(times, why, strict=True) if not reasons]


def move(moving: Moving, version: str, *, by: Person, now: datetime) -> Moved:
    """Do what was shown under that version. Raises NotAsShown, and as `preview` does."""
    session = moving.session
    opening.one_at_a_time([session.centre_id])
    change = _withdrawal(session)
    waits = _waiting(moving)
    children = {appointment.child_id for appointment in waits}
    around = places.slots_around([appointment.id for appointment in waits])
    children |= applying.lock_slots(change, now=now, also=around)
    db.session.expire_all()
    shown = preview(moving, now=now)
    places.lock_children(children | shown.shutting.child_ids)
    if shown.version != version:
        raise NotAsShown
    kept = [appointment.id for appointment in shown.kept]
    online = booked_online(kept)
    applying.carry_out(change, shown.shutting, by=by, now=now)
    made = opening.open_session(
        session.practitioner, moving.room, shown.services, moving.day, shown.hours, by=by, now=now
    )
    if left := keep_times(kept, ClinicSession.id == made.id, online, by=by, now=now):
        raise AssertionError(f"shown to keep their time, and did not: {left}")
    come_back(shown.back, ClinicSession.id == made.id, by=by, now=now)
    return shown
