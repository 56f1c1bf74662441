"""Opening sessions and cutting them into slots. Verbs flush; the caller commits."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.clock import at
from clinic.db import broken_promise, db
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.models import ClinicSession, ClosedFor, Place, Slot, SlotService
from clinic.scheduling.policies import policies
from clinic.scheduling.policy import Policy
from clinic.scheduling.timetable import closings
from clinic.scheduling.timetable.closings import Why
from clinic.scheduling.timetable.shut import Shut
from clinic.sentences import mark

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


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


class NoPlaces(DomainError):
    message = mark("A slot needs at least one place.")


class ReleaseInPast(DomainError):
    message = mark("The release cannot lie in the past.")


class NotGivenHere(DomainError):
    message = mark(
        "Clinician, room and services must belong together: the centre offers the services, and "
        "the clinician gives them."
    )


class ShutThen(DomainError):
    message = mark(
        "On %(day)s the centre or the room is closed in these hours, or the clinician is away."
    )


class HasAppointments(DomainError):
    message = mark("Families are booked into this session. Move them first.")


@dataclass(frozen=True)
class Hours:
    """A block of a day on the clinic's wall clock, cut into slots of so many minutes and places."""

    opens: time
    closes: time
    slot_minutes: int
    capacity: int
    online_capacity: int  # of each slot
    online_percent: int | None = None  # instead, of all places, evenly spread

    def online(self, slots: int) -> tuple[int, ...]:
        """The places of each of so many slots that are open online."""
        if self.online_percent is None:
            return (self.online_capacity,) * slots
        return online_places(self.capacity, slots, self.online_percent)


def online_places(capacity: int, slots: int, percent: int) -> tuple[int, ...]:
    """The places of each slot that are open online: the share of the whole, evenly spread. Pure."""
    total = capacity * slots * percent // 100
    return tuple(total * (n + 1) // slots - total * n // slots for n in range(slots))


def cut(
    starts_at: datetime, ends_at: datetime, minutes: int
) -> Iterator[tuple[datetime, datetime]]:
    """The (start, end) of every whole slot of [starts_at, ends_at), earliest first; none without a length. Pure."""
    length = timedelta(minutes=minutes)
    while minutes > 0 and starts_at + length <= ends_at:
        yield starts_at, starts_at + length
        starts_at += length


def is_given(practitioner: Practitioner, room: Room, services: Sequence[Service]) -> bool:
    """Whether the room is at the practitioner's centre, which offers the services that they give."""
    offered = set(practitioner.services) & set(practitioner.centre.services)
    return room.centre_id == practitioner.centre_id and bool(services) and offered >= set(services)


def one_at_a_time(centre_ids: Iterable[int]) -> None:
    """Lock these centres: other changes of their hours wait, bookings of families do not."""
    query = select(Centre.id).where(Centre.id.in_(list(centre_ids))).order_by(Centre.id)
    db.session.execute(query.with_for_update(key_share=True)).all()


def open_session(
    practitioner: Practitioner,
    room: Room,
    services: Sequence[Service],
    day: date,
    hours: Hours,
    *,
    by: Person,
    now: datetime,
    opens_at: datetime | None = None,
) -> ClinicSession:
    """Add one session to a practitioner's calendar; its slots open by policy, or at `opens_at`.

    Slots within a closure or a leave are made shut, so that lifting it opens them. Raises a
    DomainError for hours without a slot or without an open one, ReleaseInPast, and
    PractitionerBusy or RoomBusy when the database refuses an overlap.
    """
    if opens_at is not None and opens_at < now:
        raise ReleaseInPast
    starts_at, ends_at = at(day, hours.opens), at(day, hours.closes)
    times = _times(starts_at, ends_at, hours)
    if not is_given(practitioner, room, services):
        raise NotGivenHere
    one_at_a_time([practitioner.centre_id])
    shut = Shut([practitioner.centre_id], [day]).why(
        practitioner.centre_id, room.id, practitioner.id, times
    )
    if all(shut):
        raise ShutThen(day=day)
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
    block = SlotsToMake(
        session_id=session.id,
        centre_id=session.centre_id,
        practitioner_id=session.practitioner_id,
        day=day,
        times=tuple(times),
        service_ids=tuple(service.id for service in services),
        capacity=hours.capacity,
        online=hours.online(len(times)),
        shut=shut,
    )
    add_slots([block], policies(list(block.service_ids)), opens_at=opens_at, now=now)
    audit.record("open_session", session, by=by.id, now=now, centre_id=session.centre_id)
    return session


def open_week(
    practitioner: Practitioner,
    room: Room,
    services: Sequence[Service],
    days: Sequence[date],
    hours: Hours,
    *,
    by: Person,
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
    if hours.capacity < 1:
        raise NoPlaces
    if not 0 <= hours.online_capacity <= hours.capacity:
        raise OnlineMoreThanCapacity
    times = list(cut(starts_at, ends_at, hours.slot_minutes))
    if not times:
        raise NoWholeSlot
    return times


@dataclass(frozen=True)
class SlotsToMake:
    """A session's slots, still to be made: their times, places, and which of them are shut."""

    session_id: int
    centre_id: int
    practitioner_id: int
    day: date
    times: tuple[tuple[datetime, datetime], ...]
    service_ids: tuple[int, ...]
    capacity: int
    online: tuple[int, ...]  # places a slot that can be booked online
    shut: tuple[tuple[Why, ...], ...] = ()  # what shuts each of them


def add_slots(
    blocks: Sequence[SlotsToMake],
    policy_of: Callable[[int, int], Policy],
    *,
    opens_at: datetime | None = None,
    now: datetime,
) -> None:
    """Rows for the slots of all blocks and for the services that they are booked for: two statements.

    A day opens for booking when its service's policy releases it, or at `opens_at`. Those that
    something shuts are shut since `now`.
    """
    policy = cache(policy_of)
    slots = [row for block in blocks for row in _slot_rows(block, policy)]
    ids = db.session.scalars(
        insert(Slot).returning(Slot.id, sort_by_parameter_order=True), slots
    ).all()
    made = iter(zip(ids, slots, strict=True))
    search, reasons = [], {}
    for block in blocks:
        released = {
            service_id: opens_at or policy(service_id, block.centre_id).releases_at(block.day)
            for service_id in block.service_ids
        }
        for why in block.shut or ((),) * len(block.times):
            slot_id, slot = next(made)
            reasons[slot_id] = why
            search += [
                {
                    "service_id": service_id,
                    "centre_id": block.centre_id,
                    "starts_at": slot["starts_at"],
                    "slot_id": slot_id,
                    "ends_at": slot["ends_at"],
                    "clinic_session_id": block.session_id,
                    "practitioner_id": block.practitioner_id,
                    "opens_at": moment,
                    "free_from": LONG_AGO
                    if slot["online_capacity"]
                    else slot["desk_until"] or NEVER,
                    "closed": False,
                    "opens_by_hand": opens_at is not None,
                }
                for service_id, moment in released.items()
            ]
    db.session.execute(insert(SlotService), search)
    closings.add(reasons, now=now)


def _slot_rows(
    block: SlotsToMake, policy: Callable[[int, int], Policy]
) -> Iterator[dict[str, Any]]:
    keeps = min(
        policy(service_id, block.centre_id).desk_keeps_until(block.day)
        for service_id in block.service_ids
    )
    for (starts_at, ends_at), online in zip(block.times, block.online, strict=True):
        yield {
            "clinic_session_id": block.session_id,
            "centre_id": block.centre_id,
            "practitioner_id": block.practitioner_id,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "capacity": block.capacity,
            "online_capacity": online,
            "desk_until": keeps if online < block.capacity else None,
        }


def withdraw_session(session: ClinicSession, *, by: Person, now: datetime) -> None:
    """Take an empty session out of the calendar. Raises HasAppointments when somebody is booked."""
    slot_ids = select(Slot.id).where(Slot.clinic_session_id == session.id)
    places.lock_to_take(db.session.scalars(slot_ids), now=now, online=False)
    if db.session.scalar(select(Place.id).where(Place.slot_id.in_(slot_ids)).limit(1)):
        raise HasAppointments
    closings.shut(db.session.scalars(slot_ids), Why(ClosedFor.HAND), now=now)
    session.withdrawn_at, session.withdrawn_by_id = now, by.id
    audit.record("withdraw_session", session, by=by.id, now=now, centre_id=session.centre_id)
    db.session.flush()
