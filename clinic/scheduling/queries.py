"""Reading the scheduler: free times, a child's times, the appointments of a day. One query each."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, false, func, or_, select
from sqlalchemy.orm import joinedload

from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.db import UTCDateTime, db
from clinic.errors import DomainError
from clinic.scheduling.models import (
    Appointment,
    Booking,
    ClinicSession,
    PauseLift,
    Slot,
    SlotService,
)
from clinic.sentences import mark


class TooShort(DomainError):
    message = mark("That time is too short for this service. Please choose another.")


LONGEST_MEMORY = timedelta(days=366)  # of missed visits


@dataclass(frozen=True, slots=True)
class SlotTime:
    """A time that can be shown: the slots it takes, where, with whom, and whether it is free."""

    slot_ids: tuple[int, ...]
    starts_at: datetime
    ends_at: datetime
    centre_id: int
    practitioner_id: int
    clinic_session_id: int
    is_free: bool
    opens_at: datetime
    is_closed: bool = False

    @property
    def slot_id(self) -> int:
        return self.slot_ids[0]


@dataclass(frozen=True, slots=True)
class SlotFacts:
    """A slot as the verbs need it, for one service."""

    id: int
    clinic_session_id: int
    centre_id: int
    practitioner_id: int
    room_id: int
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime
    closed: bool
    free_from: datetime  # online


def search(
    service_id: int, centre_ids: Collection[int], start: datetime, end: datetime
) -> Select[*tuple[Any, ...]]:
    """Everything that begins in [start, end) for the service at these centres, in order of time.

    It reads nothing but one index, by (service, centre, time), however large the rest is.
    """
    return (
        select(
            SlotService.slot_id,
            SlotService.clinic_session_id,
            SlotService.starts_at,
            SlotService.ends_at,
            SlotService.centre_id,
            SlotService.practitioner_id,
            SlotService.opens_at,
            SlotService.free_from,
            SlotService.closed,
        )
        .where(
            SlotService.service_id == service_id,
            SlotService.centre_id.in_(centre_ids),
            SlotService.starts_at >= start,
            SlotService.starts_at < end,
        )
        .order_by(SlotService.starts_at, SlotService.centre_id, SlotService.slot_id)
    )


def offers(
    service: Service,
    centre_ids: Collection[int],
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    practitioner_id: int | None = None,
    online: bool = True,
    everything: bool = False,
) -> list[SlotTime]:
    """Every time of the service that begins in [start, end) at these centres, full ones too.

    One query. A service longer than a slot takes several consecutive slots of one session.
    `everything` adds what is closed or not open for booking yet, never free, so that a page can
    say why.
    """
    query = search(service.id, centre_ids, start, end).add_columns(
        _is_free(now, online=online).label("is_free")
    )
    if not everything:
        query = query.where(SlotService.closed.is_(False))
    if online and not everything:
        query = query.where(SlotService.opens_at <= now)
    if not online:
        query = query.join(Slot, Slot.id == SlotService.slot_id)
    if practitioner_id is not None:
        query = query.where(SlotService.practitioner_id == practitioner_id)
    rows = db.session.execute(query).all()
    return list(runs(rows, service.minutes, is_free=lambda row: bool(row.is_free)))


def _is_free(now: datetime, *, online: bool) -> ColumnElement[bool]:
    if online:
        opened = SlotService.opens_at <= now
        return and_(SlotService.free_from <= now, opened, SlotService.closed.is_(False))
    return or_(Slot.taken < Slot.capacity, func.coalesce(Slot.frees_at <= now, false()))


Found = Row[*tuple[Any, ...]]  # a row of a search


def runs(
    rows: Sequence[Found], minutes: int, *, is_free: Callable[[Found], bool]
) -> Iterator[SlotTime]:
    """Join the rows of a search, in order of time, into the times of a service of so many minutes."""
    needed = timedelta(minutes=minutes)
    following: dict[tuple[int, datetime], Found] | None = None
    for row in rows:
        if row.ends_at - row.starts_at >= needed:
            run = [row]
        else:
            if following is None:
                following = {(row.clinic_session_id, row.starts_at): row for row in rows}
            run = _run(row, following, needed)
        if run:
            yield SlotTime(
                tuple(row.slot_id for row in run),
                row.starts_at,
                run[-1].ends_at,
                row.centre_id,
                row.practitioner_id,
                row.clinic_session_id,
                all(map(is_free, run)),
                max(row.opens_at for row in run),
                any(row.closed for row in run),
            )


def _run(
    row: Found, following: Mapping[tuple[int, datetime], Found], needed: timedelta
) -> list[Found]:
    """The consecutive slots that last long enough; empty if its session ends before."""
    run = [row]
    while run[-1].ends_at - row.starts_at < needed:
        after = following.get((row.clinic_session_id, run[-1].ends_at))
        if after is None:
            return []
        run.append(after)
    return run


_offered, _sessions = SlotService.__table__.c, ClinicSession.__table__
SLOT_FACTS = (
    _offered.slot_id.label("id"),
    _offered.clinic_session_id,
    _offered.centre_id,
    _offered.practitioner_id,
    _sessions.c.room_id,
    _offered.starts_at,
    _offered.ends_at,
    _offered.opens_at,
    _offered.closed,
    _offered.free_from,
)
SLOTS = (
    select(*SLOT_FACTS)
    .join(_sessions, _sessions.c.id == _offered.clinic_session_id)
    .where(_offered.service_id == bindparam("service_id"))
)
ONE_SLOT = SLOTS.where(_offered.slot_id == bindparam("slot_id"))


def slots_for(service: Service, slot_id: int) -> tuple[SlotFacts, ...]:
    """The consecutive slots that a service takes from this one on.

    Raises NoResultFound when the slot does not exist or is not offered for the service, and
    TooShort when its session ends before the service would.
    """
    db.session.flush()
    row = db.session.execute(ONE_SLOT, {"service_id": service.id, "slot_id": slot_id}).one()
    return slots_from(slot_facts(row), service)


def slots_from(first: SlotFacts, service: Service) -> tuple[SlotFacts, ...]:
    """The same, where the first is known: no query when it lasts long enough."""
    needed = timedelta(minutes=service.minutes)
    if first.ends_at - first.starts_at >= needed:
        return (first,)
    rows = db.session.execute(
        SLOTS.where(
            _offered.centre_id == first.centre_id,
            _offered.starts_at >= first.starts_at,
            _offered.starts_at < first.starts_at + needed,
            _offered.clinic_session_id == first.clinic_session_id,
        ).order_by(_offered.starts_at),
        {"service_id": service.id},
    )
    run = tuple(slot_facts(row) for row in rows)
    whole = run[-1].ends_at - first.starts_at >= needed
    if not whole or any(a.ends_at != b.starts_at for a, b in pairwise(run)):
        raise TooShort
    return run


WHERE_AND_WHEN = select(Slot.__table__.c.centre_id, Slot.__table__.c.starts_at).where(
    Slot.__table__.c.id == bindparam("slot_id")
)


def where_and_when(slot_id: int) -> tuple[int, datetime] | None:
    """The centre of a slot, and when it begins."""
    row = db.session.execute(WHERE_AND_WHEN, {"slot_id": slot_id}).one_or_none()
    return (row.centre_id, row.starts_at) if row else None


def slot_facts(row: Row[*tuple[Any, ...]]) -> SlotFacts:
    """The slot of a row that has the columns of `SLOT_FACTS`."""
    return SlotFacts(
        id=row.id,
        clinic_session_id=row.clinic_session_id,
        centre_id=row.centre_id,
        practitioner_id=row.practitioner_id,
        room_id=row.room_id,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        opens_at=row.opens_at,
        closed=row.closed,
        free_from=row.free_from,
    )


@dataclass(frozen=True)
class Diary:
    """What a child has booked and missed, as the rules need it."""

    live: tuple[tuple[datetime, datetime, int], ...] = ()  # starts_at, ends_at, service
    absences: tuple[datetime, ...] = ()  # missed visits that count

    @property
    def times(self) -> list[tuple[datetime, datetime]]:
        return [(starts_at, ends_at) for starts_at, ends_at, _ in self.live]

    def with_more(self, times: Iterable[tuple[datetime, datetime, int]]) -> "Diary":
        """This diary with more in it: (starts_at, ends_at, service) of each."""
        return replace(self, live=(*self.live, *times))

    def days_of(self, service: Service) -> tuple[date, ...]:
        return tuple(clinic_day(starts) for starts, _, which in self.live if which == service.id)


class Patient(Protocol):
    """A child as the rules need it."""

    @property
    def id(self) -> int: ...

    @property
    def birth_date(self) -> date: ...


@dataclass(frozen=True, slots=True)
class FamilyChild:
    """A child as the search of times needs it."""

    id: int
    name: str
    birth_date: date
    diary: Diary


_made = Appointment.__table__.c
DIARY = select(
    _made.starts_at,
    _made.ends_at,
    _made.service_id,
    _made.no_show_at,
    _made.displaced_at,
).where(
    _made.child_id == bindparam("child_id"),
    _made.starts_at > bindparam("since", type_=UTCDateTime()),
    _made.cancelled_at.is_(None),
)


def diary_of(child_id: int, *, now: datetime, except_for: Collection[int] = ()) -> Diary:
    """The child's appointments, but for the one being moved. Two queries at most."""
    query = DIARY
    if except_for:
        query = query.where(_made.id.not_in(except_for))
    db.session.flush()
    rows = db.session.execute(query, {"child_id": child_id, "since": now - LONGEST_MEMORY}).all()
    missed = [row.starts_at for row in rows if row.no_show_at is not None]
    if missed:
        lifts = select(func.max(PauseLift.at)).where(PauseLift.child_id == child_id)
        lifted = db.session.scalar(lifts)
        missed = [one for one in missed if lifted is None or one > lifted]
    live = [row for row in rows if row.no_show_at is None and row.displaced_at is None]
    return Diary(
        live=tuple((row.starts_at, row.ends_at, row.service_id) for row in live),
        absences=tuple(missed),
    )


def child_times(
    child_id: int, *, except_for: Collection[int] = ()
) -> list[tuple[datetime, datetime]]:
    """The [start, end) of a child's live appointments."""
    query = select(Appointment.starts_at, Appointment.ends_at).where(
        Appointment.child_id == child_id,
        Appointment.cancelled_at.is_(None),
        Appointment.no_show_at.is_(None),
        Appointment.displaced_at.is_(None),
    )
    if except_for:
        query = query.where(Appointment.id.not_in(except_for))
    return [(row.starts_at, row.ends_at) for row in db.session.execute(query)]


def appointments() -> Select[Appointment]:
    """Appointments with everything that a list shows, earliest first; narrow it down with `where`."""
    return (
        select(Appointment)
        .join(Appointment.booking)
        .options(
            joinedload(Appointment.booking),
            joinedload(Appointment.child),
            joinedload(Appointment.service),
            joinedload(Appointment.centre),
            joinedload(Appointment.practitioner),
            joinedload(Appointment.room),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )


def by_reference(reference: str, centre_id: int) -> list[Appointment]:
    """The appointments of a booking at this centre, by its bare reference."""
    return list(
        db.session.scalars(
            appointments().where(Booking.reference == reference, Appointment.centre_id == centre_id)
        )
    )


def services_given(session_ids: Collection[int]) -> dict[int, list[Service]]:
    """What is given in each of these sessions, by its id. One query."""
    given: dict[int, list[Service]] = {session_id: [] for session_id in session_ids}
    pairs = (
        select(Slot.clinic_session_id, Service)
        .join(SlotService, SlotService.slot_id == Slot.id)
        .join(Service, Service.id == SlotService.service_id)
        .where(Slot.clinic_session_id.in_(given))
        .distinct()
        .order_by(Service.id)
    )
    for session_id, service in db.session.execute(pairs):
        given[session_id].append(service)
    return given
