"""Slots as times that a service can be had at, free or not: read in one statement, a run of slots each."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, false, func, or_, select

from clinic.centres.models import Service
from clinic.db import db
from clinic.errors import DomainError
from clinic.prepared import Prepared
from clinic.scheduling.models import (
    ClinicSession,
    Slot,
    SlotService,
)
from clinic.scheduling.verdict.consecutive import consecutive
from clinic.sentences import mark


class TooShort(DomainError):
    message = mark("That time is too short for this service. Please choose another.")


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


def find_slot_times(
    service: Service,
    centre_ids: Collection[int],
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    practitioner_id: int | None = None,
    online: bool = True,
    everything: bool = False,
    only_free: bool = False,
) -> list[SlotTime]:
    """Every time of the service that begins in [start, end) at these centres, full ones too.

    One query. A service longer than a slot takes several consecutive slots of one session.
    `everything` adds what is closed or not open for booking yet, never free, so that a page can
    say why; `only_free` leaves out what is full.
    """
    is_free = _is_free(now, online=online)
    query = search(service.id, centre_ids, start, end).add_columns(is_free.label("is_free"))
    if only_free:
        query = query.where(is_free)
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

    def slot_at(moment: datetime) -> Found | None:
        return following.get((row.clinic_session_id, moment))

    return consecutive(slot_at, row.starts_at, row.starts_at + needed)


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

ONE_SLOT = Prepared(SLOTS.where(_offered.slot_id == bindparam("slot_id")))


def slots_for(service: Service, slot_id: int) -> tuple[SlotFacts, ...]:
    """The consecutive slots that a service takes from this one on.

    Raises NoResultFound when the slot does not exist or is not offered for the service, and
    TooShort when its session ends before the service would.
    """
    row = ONE_SLOT.one(service_id=service.id, slot_id=slot_id)
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


def slot_facts(row: Any) -> SlotFacts:
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
