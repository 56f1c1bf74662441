"""Opening sessions and cutting them into slots. Verbs flush; the caller commits."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre, Practitioner, Room, Service
from clinic.centres.retired import retirements
from clinic.clock import at
from clinic.db import broken_promise, db
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.models import ClinicSession, ClosedFor, Place, Slot
from clinic.scheduling.models.worker import RotaHorizon
from clinic.scheduling.policies.stored import policies
from clinic.scheduling.timetable import closings
from clinic.scheduling.timetable.closings import ClosingReason
from clinic.scheduling.timetable.shut import Shut
from clinic.scheduling.timetable.slots import SlotsToMake, add_slots
from clinic.scheduling.timetable.weekly import cut, online_places
from clinic.sentences import mark


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


class RetiredThen(DomainError):
    message = mark(
        "On %(day)s the centre, the room, the clinician or one of the services is retired already."
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


def is_given(practitioner: Practitioner, room: Room, services: Sequence[Service]) -> bool:
    """Whether the room is at the practitioner's centre, which offers the services that they give."""
    offered = set(practitioner.services) & set(practitioner.centre.services)
    return room.centre_id == practitioner.centre_id and bool(services) and offered >= set(services)


def one_at_a_time(centre_ids: Iterable[int]) -> None:
    """Lock these centres: other changes of their hours wait, bookings of families do not."""
    query = select(Centre.id).where(Centre.id.in_(list(centre_ids))).order_by(Centre.id)
    db.session.execute(query.with_for_update(key_share=True)).all()


def open_rota_again(centre_ids: Iterable[int]) -> None:
    """A session of these centres was taken out or made shorter: a rule may open what it stood against.

    The worker does so in its next round.
    """
    theirs = RotaHorizon.centre_id.in_(sorted(set(centre_ids)))
    db.session.execute(
        update(RotaHorizon).where(theirs).values(rota=None),
        execution_options={"synchronize_session": False},
    )


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

    Slots within a closure or a leave are made shut, so that lifting it opens them. Raises what
    stands against the hours, NotGivenHere, ReleaseInPast, PractitionerBusy or RoomBusy, and as
    `open_times` does.
    """
    if opens_at is not None and opens_at < now:
        raise ReleaseInPast
    times = _times(at(day, hours.opens), at(day, hours.closes), hours)
    if not is_given(practitioner, room, services):
        raise NotGivenHere
    one_at_a_time([practitioner.centre_id])
    shut = open_times(practitioner, room, services, day, times)
    session = _add_session(practitioner, room, day, hours, now)
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


def open_times(
    practitioner: Practitioner,
    room: Room,
    services: Sequence[Service],
    day: date,
    times: Sequence[tuple[datetime, datetime]],
) -> tuple[tuple[ClosingReason, ...], ...]:
    """What shuts each of these times of the day. Raises RetiredThen, or ShutThen if all are shut."""
    must_be_in_use(practitioner, room, services, day)
    why = Shut([room.centre_id], [day]).why(room.centre_id, room.id, practitioner.id, times)
    if all(why):
        raise ShutThen(day=day)
    return why


def must_be_in_use(
    practitioner: Practitioner, room: Room, services: Sequence[Service], day: date
) -> None:
    """Raise RetiredThen if one of these, or their centre, is retired on that day."""
    retired = retirements([room.centre_id])
    since = retired.first_day(room.centre_id, room.id, practitioner.id)
    given = [service.id for service in services]
    if (since and since <= day) or retired.services_on(room.centre_id, given, day):
        raise RetiredThen(day=day)


def _add_session(
    practitioner: Practitioner, room: Room, day: date, hours: Hours, now: datetime
) -> ClinicSession:
    """Its row. Raises PractitionerBusy or RoomBusy."""
    session = ClinicSession(
        centre_id=practitioner.centre_id,
        practitioner_id=practitioner.id,
        room_id=room.id,
        starts_at=at(day, hours.opens),
        ends_at=at(day, hours.closes),
        created_at=now,
    )
    db.session.add(session)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise overlap(error, day) from error
    return session


def overlap(error: IntegrityError, day: date) -> Exception:
    """What the database refused in words: PractitionerBusy or RoomBusy; any other error as it is."""
    promise = broken_promise(error)
    if "ex_clinic_sessions_practitioner" in promise:
        return PractitionerBusy(day=day)
    if "ex_clinic_sessions_room" in promise:
        return RoomBusy(day=day)
    return error


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


def withdraw_if_empty(session: ClinicSession, *, by: Person, now: datetime) -> None:
    """Take an empty session out of the calendar. Raises HasAppointments when something is booked."""
    slot_ids = select(Slot.id).where(Slot.clinic_session_id == session.id)
    places.lock_to_take(db.session.scalars(slot_ids), now=now, online=False)
    if db.session.scalar(select(Place.id).where(Place.slot_id.in_(slot_ids)).limit(1)):
        raise HasAppointments
    closings.shut(db.session.scalars(slot_ids), ClosingReason(ClosedFor.HAND), now=now)
    session.withdrawn_at, session.withdrawn_by_id = now, by.id
    open_rota_again([session.centre_id])
    audit.record("withdraw_session", session, by=by.id, now=now, centre_id=session.centre_id)
    db.session.flush()
