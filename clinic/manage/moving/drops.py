"""Which slot is meant by a day, a time and a clinician: what a drag says; or why there is none."""

from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select

from clinic.booking.on_behalf import free_times
from clinic.centres.models import AdjustedDay, Closure
from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import name_of
from clinic.scheduling import places
from clinic.scheduling.models import Appointment
from clinic.scheduling.rota.session_moving import InThePast
from clinic.scheduling.verdict.slot_times import SlotTime, find_slot_times
from clinic.sentences import mark


class ClosedThen(DomainError):
    message = mark("The centre is closed then: %(reason)s. Please choose another day.")


class ShutDay(DomainError):
    message = mark("The centre is closed on that day. Please choose another day.")


class NoSessionThen(DomainError):
    message = mark("This service is not offered then. Please choose one of the free times.")


class FullThen(DomainError):
    message = mark("That time is taken. Please choose one of the free times.")


@dataclass(frozen=True)
class Drop:
    """Where an appointment is to go: a day, a time on the wall, and with whom, if that was said."""

    day: date
    wall: time
    practitioner_id: int | None = None


def slot_meant(appointment: Appointment, drop: Drop, *, now: datetime) -> int:
    """The slot that begins just then, rather with whom was said or with who has the visit now.

    Raises InThePast, ShutThen, ShutDay, NoSessionThen and FullThen.
    """
    moment = at(drop.day, drop.wall)
    start, end = day_bounds(drop.day)
    found = find_slot_times(
        appointment.service, [appointment.centre_id], start, end, now=now, online=False
    )
    then = [slot_time for slot_time in found if slot_time.starts_at == moment]
    if drop.practitioner_id is not None:
        then = [
            slot_time for slot_time in then if slot_time.practitioner_id == drop.practitioner_id
        ]
    if (max(slot_time.ends_at for slot_time in then) if then else moment) <= now:
        raise InThePast
    if not then:
        if shut := closures_on(appointment.centre_id, drop.day, moment):
            raise ClosedThen(reason=name_of(shut[0], "reason"))
        adjusted = db.session.get(AdjustedDay, (appointment.centre_id, drop.day))
        if adjusted and adjusted.works_as is None:
            raise ShutDay
        raise NoSessionThen
    # The places that it has itself are not in its own way.
    mine = set(places.slots_of(appointment_id=appointment.id))
    free = [
        slot_time
        for slot_time in then
        if slot_time.is_free or mine.intersection(slot_time.slot_ids)
    ]
    if not free:
        raise FullThen
    return min(free, key=lambda one: one.practitioner_id != appointment.practitioner_id).slot_id


def closures_on(centre_id: int, day: date, moment: datetime | None = None) -> list[Closure]:
    """Why the whole centre is shut on that day, or for a part of it; or just then."""
    start, end = (moment, moment) if moment else day_bounds(day)
    query = select(Closure).where(
        Closure.centre_id == centre_id,
        Closure.room_id.is_(None),
        Closure.lifted_at.is_(None),
        Closure.starts_at <= end if moment else Closure.starts_at < end,
        Closure.ends_at > start,
    )
    return list(db.session.scalars(query.order_by(Closure.starts_at)))


def free_on(appointment: Appointment, day: date, *, now: datetime) -> list[SlotTime]:
    """The free times of that day at its centre; also what families cannot book."""
    return free_times(appointment.service, appointment.centre, day, now)
