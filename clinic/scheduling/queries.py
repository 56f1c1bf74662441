"""Reading the scheduler: free times, a child's times, the appointments of a day. One query each."""

import math
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import joinedload

from clinic.centres.models import Service
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import mark
from clinic.scheduling.models import Appointment, Booking, Slot, SlotService


class TooShort(DomainError):
    message = mark("That time is too short for this service. Please choose another.")


ALTERNATIVES_WITHIN = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Offer:
    """A time that can be shown: the slots it takes, where, with whom, and how many places are left online."""

    slot_ids: tuple[int, ...]
    starts_at: datetime
    ends_at: datetime
    centre_id: int
    practitioner_id: int
    left: int

    @property
    def slot_id(self) -> int:
        return self.slot_ids[0]


def offers(
    service: Service,
    centre_ids: Collection[int],
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    practitioner_id: int | None = None,
    online: bool = True,
) -> list[Offer]:
    """Every time of the service that begins in [start, end) at these centres, full ones with `left` 0.

    One indexed query, by (service, centre, time). A service longer than a slot takes several
    consecutive slots of one session.
    """
    rows = db.session.execute(_slots(service, centre_ids, start, end, now, practitioner_id, online))
    by_session = groupby(
        sorted(rows, key=lambda row: (row.clinic_session_id, row.starts_at)),
        key=lambda row: row.clinic_session_id,
    )
    found = [
        offer
        for _, slots in by_session
        for offer in _runs(list(slots), service.minutes, now, online)
    ]
    return sorted(found, key=lambda offer: (offer.starts_at, offer.centre_id, offer.slot_id))


def _slots(
    service: Service,
    centre_ids: Collection[int],
    start: datetime,
    end: datetime,
    now: datetime,
    practitioner_id: int | None,
    online: bool,
) -> Select[*tuple[Any, ...]]:
    query = (
        select(
            Slot.id,
            Slot.clinic_session_id,
            Slot.starts_at,
            Slot.ends_at,
            Slot.centre_id,
            Slot.practitioner_id,
            Slot.capacity,
            Slot.online_capacity,
            Slot.taken,
            Slot.online_taken,
            Slot.frees_at,
        )
        .select_from(SlotService)
        .join(Slot, Slot.id == SlotService.slot_id)
        .where(
            SlotService.service_id == service.id,
            SlotService.centre_id.in_(centre_ids),
            SlotService.starts_at >= start,
            SlotService.starts_at < end,
        )
    )
    if online:
        query = query.where(Slot.opens_at <= now)
    if practitioner_id is not None:
        query = query.where(Slot.practitioner_id == practitioner_id)
    return query


def _runs(
    slots: Sequence[Row[tuple[object, ...]]], minutes: int, now: datetime, online: bool
) -> Iterator[Offer]:
    """Cut one session's slots, in order, into the times of a service of so many minutes."""
    for first, slot in enumerate(slots):
        length = (slot.ends_at - slot.starts_at) / timedelta(minutes=1)
        run = slots[first : first + math.ceil(minutes / length)]
        whole = len(run) * length >= minutes
        joined = all(a.ends_at == b.starts_at for a, b in pairwise(run))
        if whole and joined:
            yield Offer(
                slot_ids=tuple(one.id for one in run),
                starts_at=slot.starts_at,
                ends_at=run[-1].ends_at,
                centre_id=slot.centre_id,
                practitioner_id=slot.practitioner_id,
                left=min(places_left(one, now, online=online) for one in run),
            )


def places_left(slot: Row[tuple[object, ...]] | Slot, now: datetime, *, online: bool) -> int:
    """How many more places can be taken; a full slot with an expired hold has at least one."""
    left: int = slot.capacity - slot.taken
    if online:
        left = min(left, slot.online_capacity - slot.online_taken)
    if left <= 0 and slot.frees_at is not None and slot.frees_at <= now:
        return 1
    return max(left, 0)


def nearest_offers(
    service: Service,
    centre_ids: Collection[int],
    near: datetime,
    *,
    now: datetime,
    online: bool = True,
    limit: int = 4,
) -> list[Offer]:
    """The free times nearest to a moment, within two weeks of it, in the order of time."""
    found = offers(
        service,
        centre_ids,
        max(now, near - ALTERNATIVES_WITHIN),
        near + ALTERNATIVES_WITHIN,
        now=now,
        online=online,
    )
    free = sorted(
        (offer for offer in found if offer.left), key=lambda one: abs(one.starts_at - near)
    )
    return sorted(free[:limit], key=lambda offer: offer.starts_at)


def slots_for(service: Service, slot_id: int) -> tuple[Slot, ...]:
    """The consecutive slots that a service takes from this one on.

    Raises NoResultFound when the slot does not exist or is not offered for the service, and
    TooShort when its session ends before the service would.
    """
    first = db.session.execute(
        select(Slot)
        .join(SlotService, SlotService.slot_id == Slot.id)
        .where(Slot.id == slot_id, SlotService.service_id == service.id)
        .options(joinedload(Slot.clinic_session))
    ).scalar_one()
    length = first.ends_at - first.starts_at
    needed = math.ceil(timedelta(minutes=service.minutes) / length)
    if needed == 1:
        return (first,)
    run = db.session.scalars(
        select(Slot)
        .where(
            Slot.clinic_session_id == first.clinic_session_id,
            Slot.starts_at >= first.starts_at,
            Slot.starts_at < first.starts_at + needed * length,
        )
        .order_by(Slot.starts_at)
        .options(joinedload(Slot.clinic_session))
    ).all()
    if len(run) < needed:
        raise TooShort
    return tuple(run)


def child_times(child_id: int, *, except_for: int | None = None) -> list[tuple[datetime, datetime]]:
    """The [start, end) of a child's live appointments."""
    query = select(Appointment.starts_at, Appointment.ends_at).where(
        Appointment.child_id == child_id,
        Appointment.cancelled_at.is_(None),
        Appointment.no_show_at.is_(None),
    )
    if except_for is not None:
        query = query.where(Appointment.id != except_for)
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


def appointments_of_children(child_ids: Collection[int]) -> list[Appointment]:
    """All appointments of these children, earliest first."""
    return list(db.session.scalars(appointments().where(Appointment.child_id.in_(child_ids))))


def appointments_at(
    centre_id: int, start: datetime, end: datetime, *, practitioner_id: int | None = None
) -> list[Appointment]:
    """The appointments that begin in [start, end) at a centre, cancelled ones too, earliest first."""
    query = appointments().where(
        Appointment.centre_id == centre_id,
        Appointment.starts_at >= start,
        Appointment.starts_at < end,
    )
    if practitioner_id is not None:
        query = query.where(Appointment.practitioner_id == practitioner_id)
    return list(db.session.scalars(query))


def by_reference(reference: str, centre_id: int) -> list[Appointment]:
    """The appointments of a booking at this centre, by its bare reference."""
    return list(
        db.session.scalars(
            appointments().where(Booking.reference == reference, Appointment.centre_id == centre_id)
        )
    )
