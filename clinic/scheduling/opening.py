"""Opening sessions and cutting them into slots. Verbs flush; the caller commits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import User
from clinic.centres.models import Practitioner, Room, Service
from clinic.clock import at
from clinic.db import broken_promise, db
from clinic.errors import DomainError
from clinic.i18n import mark
from clinic.scheduling.models import ClinicSession, Place, Slot, SlotService


class EndsBeforeItBegins(DomainError):
    message = mark("The session must end after it begins.")


class NoWholeSlot(DomainError):
    message = mark("No whole slot fits into these hours.")


class PractitionerBusy(DomainError):
    message = mark("This clinician already has an overlapping session on %(day)s.")


class RoomBusy(DomainError):
    message = mark("The room is already used by an overlapping session on %(day)s.")


class OnlineMoreThanCapacity(DomainError):
    message = mark("No more places can be open online than there are.")


class NotGivenHere(DomainError):
    message = mark("Practitioner, room and services must belong to the same centre.")


class HasAppointments(DomainError):
    message = mark("Families are booked into this session. Move them first.")


@dataclass(frozen=True)
class Hours:
    """A block of a day on the clinic's wall clock, cut into slots of so many minutes and places."""

    opens: time
    closes: time
    slot_minutes: int
    capacity: int
    online_capacity: int


def cut(
    starts_at: datetime, ends_at: datetime, minutes: int
) -> Iterator[tuple[datetime, datetime]]:
    """The (start, end) of every whole slot of [starts_at, ends_at), earliest first. Pure."""
    length = timedelta(minutes=minutes)
    while starts_at + length <= ends_at:
        yield starts_at, starts_at + length
        starts_at += length


def open_session(
    practitioner: Practitioner,
    room: Room,
    services: Sequence[Service],
    day: date,
    hours: Hours,
    *,
    by: User,
    now: datetime,
    opens_at: datetime | None = None,
) -> ClinicSession:
    """Add one session to a practitioner's calendar; its slots can be booked from `opens_at` (now) on.

    Raises a DomainError for hours without a slot, and PractitionerBusy or RoomBusy when the
    database refuses an overlap.
    """
    starts_at, ends_at = at(day, hours.opens), at(day, hours.closes)
    times = _times(starts_at, ends_at, hours)
    if room.centre_id != practitioner.centre_id or not services:
        raise NotGivenHere
    session = ClinicSession(
        centre_id=practitioner.centre_id,
        practitioner_id=practitioner.id,
        room_id=room.id,
        starts_at=starts_at,
        ends_at=ends_at,
        created_at=now,
    )
    db.session.add(session)
    try:
        db.session.flush()
    except IntegrityError as error:
        promise = broken_promise(error)
        if "ex_clinic_sessions_practitioner" in promise:
            raise PractitionerBusy(day=day) from error
        if "ex_clinic_sessions_room" in promise:
            raise RoomBusy(day=day) from error
        raise
    _add_slots(session, times, services, hours, opens_at or now)
    audit.record("open_session", session, by=by.id, now=now, centre_id=session.centre_id)
    return session


def open_week(
    practitioner: Practitioner,
    room: Room,
    services: Sequence[Service],
    days: Sequence[date],
    hours: Hours,
    *,
    by: User,
    now: datetime,
) -> list[ClinicSession]:
    """The same block on several days, all or none. Raises as `open_session` does, naming the day."""
    return [
        open_session(practitioner, room, services, day, hours, by=by, now=now)
        for day in sorted(days)
    ]


def _times(starts_at: datetime, ends_at: datetime, hours: Hours) -> list[tuple[datetime, datetime]]:
    if ends_at <= starts_at:
        raise EndsBeforeItBegins
    if hours.online_capacity > hours.capacity:
        raise OnlineMoreThanCapacity
    times = list(cut(starts_at, ends_at, hours.slot_minutes))
    if not times:
        raise NoWholeSlot
    return times


def _add_slots(
    session: ClinicSession,
    times: Sequence[tuple[datetime, datetime]],
    services: Sequence[Service],
    hours: Hours,
    opens_at: datetime,
) -> None:
    """Rows for the slots and for the services that they can be booked for, in two statements."""
    ids = db.session.scalars(
        insert(Slot).returning(Slot.id, sort_by_parameter_order=True),
        [
            {
                "clinic_session_id": session.id,
                "centre_id": session.centre_id,
                "practitioner_id": session.practitioner_id,
                "starts_at": starts_at,
                "ends_at": ends_at,
                "opens_at": opens_at,
                "capacity": hours.capacity,
                "online_capacity": hours.online_capacity,
            }
            for starts_at, ends_at in times
        ],
    ).all()
    db.session.execute(
        insert(SlotService),
        [
            {
                "service_id": service.id,
                "centre_id": session.centre_id,
                "starts_at": starts_at,
                "slot_id": slot_id,
            }
            for service in services
            for slot_id, (starts_at, _) in zip(ids, times, strict=True)
        ],
    )


def withdraw_session(session: ClinicSession, *, by: User, now: datetime) -> None:
    """Take an empty session out of the calendar. Raises HasAppointments when somebody is booked."""
    slot_ids = select(Slot.id).where(Slot.clinic_session_id == session.id)
    db.session.execute(slot_ids.order_by(Slot.id).with_for_update()).all()
    if db.session.scalar(select(Place.id).where(Place.slot_id.in_(slot_ids)).limit(1)):
        raise HasAppointments
    db.session.execute(
        delete(SlotService).where(SlotService.slot_id.in_(slot_ids)),
        execution_options={"synchronize_session": False},
    )
    session.withdrawn_at, session.withdrawn_by_id = now, by.id
    audit.record("withdraw_session", session, by=by.id, now=now, centre_id=session.centre_id)
    db.session.flush()
