"""Taking places in slots and giving them back. The database counts, and refuses one too many."""

import secrets
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, delete, insert, select, update
from sqlalchemy.orm import aliased

from clinic.db import db
from clinic.families.models import Child, Guardianship
from clinic.prepared import Prepared
from clinic.scheduling.models import Appointment, Hold, HoldFor, Place, Slot, SlotService
from clinic.scheduling.policies.policy import Policy

UNSYNCHRONISED = {"synchronize_session": False}


_slots = Slot.__table__.c
LOCKED_SLOTS = Prepared(
    select(_slots.id, _slots.frees_at, _slots.desk_until, _slots.capacity, _slots.online_capacity)
    .where(_slots.id.in_(bindparam("slot_ids", expanding=True)))
    .order_by(_slots.id)
    .with_for_update()
)


_places = Place.__table__
TAKE = Prepared(insert(_places))  # type: ignore[arg-type]
KEEP_FOR_APPOINTMENT = Prepared(
    update(_places)  # type: ignore[arg-type]
    .where(_places.c.hold_id == bindparam("kept_by"))
    .values(appointment_id=bindparam("appointment_id"), hold_id=None, expires_at=None)
    .returning(_places.c.slot_id)
)
_children, _kin = Child.__table__.c, Guardianship.__table__.c
CHILDREN = Prepared(
    select(_children.id)
    .where(_children.id.in_(bindparam("child_ids", expanding=True)))
    .order_by(_children.id)
    .with_for_update(key_share=True)
)
FAMILY = Prepared(
    select(_children.id)
    .where(
        _children.id.in_(
            select(_kin.child_id).where(
                _kin.user_id == bindparam("user_id"), _kin.revoked_at.is_(None)
            )
        )
    )
    .order_by(_children.id)
    .with_for_update(key_share=True)
)


def lock(slot_ids: Iterable[int], child_ids: Iterable[int] = ()) -> None:
    """Lock slots, then children, each by id, so that no two bookings wait for each other in a ring.

    An offer made afterwards waits for no other slot: see `lock_if_free`. SQLite has no row
    locks and needs none: its write transactions come one after another.
    """
    _lock_slots(slot_ids)
    lock_children(child_ids)


def lock_if_free(slot_ids: Iterable[int]) -> bool:
    """Lock these slots unless another transaction has locked one of them; whether they are ours now.

    It never waits: for what is done after children were locked.
    """
    if writes_alone():
        return True
    wanted = set(slot_ids)
    free = select(Slot.id).where(Slot.id.in_(wanted)).order_by(Slot.id)
    return len(db.session.scalars(free.with_for_update(skip_locked=True)).all()) == len(wanted)


def lock_to_take(
    slot_ids: Iterable[int],
    child_ids: Iterable[int] = (),
    *,
    family: int | None = None,
    now: datetime,
    online: bool,
) -> list[int]:
    """Lock slots and children; free the places of expired holds, and the desk's share after its hour.

    Returns the slots in which something was freed by this.
    """
    rows = _lock_slots(slot_ids)
    lock_children(child_ids)
    if family is not None:
        lock_family(family)
    expired = [row.id for row in rows if row.frees_at is not None and row.frees_at <= now]
    if expired:
        db.session.execute(
            delete(Place).where(Place.slot_id.in_(expired), Place.expires_at <= now),
            execution_options=UNSYNCHRONISED,
        )
    opens_now = [
        row.id
        for row in rows
        if online
        and row.online_capacity < row.capacity
        and row.desk_until is not None
        and row.desk_until <= now
    ]
    if opens_now:
        db.session.execute(
            update(Slot).where(Slot.id.in_(opens_now)).values(online_capacity=Slot.capacity),
            execution_options=UNSYNCHRONISED,
        )
    return expired


def _lock_slots(slot_ids: Iterable[int]) -> Sequence[Any]:
    return LOCKED_SLOTS.all(slot_ids=list(set(slot_ids)))


def writes_alone() -> bool:
    """Whether nothing else is written before this transaction ends: SQLite has one writer at a time."""
    return db.engine.dialect.name == "sqlite"


def lock_children(child_ids: Iterable[int]) -> None:
    """Lock children by id; always after the slots. A row that only names the child needs not wait."""
    if (children := set(child_ids)) and not writes_alone():
        CHILDREN.all(child_ids=list(children))


def lock_family(user_id: int) -> None:
    """The same for all children whom this user cares for."""
    if not writes_alone():
        FAMILY.all(user_id=user_id)


def slots_of_all(appointment_ids: Iterable[int]) -> list[int]:
    """The slots in which these appointments have their places."""
    query = select(Place.slot_id).where(Place.appointment_id.in_(list(appointment_ids)))
    return list(db.session.scalars(query))


def take(
    slot_ids: Sequence[int],
    *,
    online: bool,
    appointment_id: int | None = None,
    hold_id: int | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Take one place in each slot, for an appointment or a hold, after `lock_to_take`.

    Raises IntegrityError when a slot, or its online share, is full, or it is closed.
    """
    for slot_id in sorted(slot_ids):
        TAKE.all(
            slot_id=slot_id,
            appointment_id=appointment_id,
            hold_id=hold_id,
            online=online,
            expires_at=expires_at,
        )


def take_for_form(
    slot_ids: Sequence[int],
    hold_id: int,
    expires_at: datetime,
    *,
    opens_at: datetime,
    policy: Policy,
    now: datetime,
) -> None:
    """Take them until a form's hold expires; in the rush after a release, for a random moment more.

    So nobody who keeps asking knows the second at which an abandoned place comes back.
    """
    if policy.rest_seconds and in_rush(opens_at, now, policy):
        expires_at += random_rest(policy)
    take(slot_ids, online=True, hold_id=hold_id, expires_at=expires_at)


def keep_for_appointment(hold_id: int, appointment_id: int) -> set[int]:
    """Turn a hold's places into the appointment's, and say in which slots it still had one."""
    return set(KEEP_FOR_APPOINTMENT.scalars(kept_by=hold_id, appointment_id=appointment_id))


def free(*, appointment_id: int | None = None, hold_id: int | None = None) -> list[int]:
    """Free every place of an appointment or of a hold, at once. The slots that they were in."""
    owner = Place.hold_id == hold_id if hold_id else Place.appointment_id == appointment_id
    freed = delete(Place).where(owner).returning(Place.slot_id)
    return list(db.session.scalars(freed, execution_options=UNSYNCHRONISED))


def rest(slot_ids: Sequence[int], *, now: datetime, policy: Policy) -> None:
    """What came back online in the rush after its release rests for a random moment.

    Dropping a place for a friend who keeps asking gains nothing. At any other time it is free
    at once.
    """
    if not slot_ids or not policy.rush_minutes or not policy.rest_seconds:
        return
    since = now - timedelta(minutes=policy.rush_minutes)
    released = (
        select(SlotService.slot_id)
        .where(
            SlotService.slot_id.in_(slot_ids),
            SlotService.opens_at > since,
            SlotService.opens_at <= now,
            SlotService.free_from <= now,
        )
        .distinct()
    )
    rows = [
        {"slot_id": slot_id, "online": True, "expires_at": now + random_rest(policy)}
        for slot_id in db.session.scalars(released)
    ]
    if rows:
        db.session.execute(insert(Place), rows)


def random_rest(policy: Policy) -> timedelta:
    """Between one second and the policy's longest rest."""
    return timedelta(seconds=1 + secrets.randbelow(policy.rest_seconds))


def in_rush(opens_at: datetime, now: datetime, policy: Policy) -> bool:
    """Whether the slot was released only just now."""
    return opens_at <= now < opens_at + timedelta(minutes=policy.rush_minutes)


def end_new_times(appointment_id: int, *, but: int | None = None, now: datetime) -> list[int]:
    """Give back the new times kept for an appointment that has a time again, or needs none.

    The slots that they were in.
    """
    theirs = _new_times([appointment_id])
    if but is not None:
        theirs = theirs.where(Hold.id != but)
    hold_ids = list(db.session.scalars(theirs))
    return end_holds(hold_ids, now=now) if hold_ids else []


def _new_times(appointment_ids: Iterable[int]) -> Select[int]:
    return select(Hold.id).where(
        Hold.moves_id.in_(appointment_ids),
        Hold.purpose == HoldFor.NEW_TIME,
        Hold.booking_id.is_(None),
        Hold.ended_at.is_(None),
    )


def end_holds(hold_ids: Sequence[int], *, now: datetime) -> list[int]:
    """End these offers for good and free their places. The slots that they were in."""
    freed = db.session.scalars(
        delete(Place).where(Place.hold_id.in_(hold_ids)).returning(Place.slot_id),
        execution_options=UNSYNCHRONISED,
    )
    slot_ids = list(freed)
    db.session.execute(update(Hold).where(Hold.id.in_(hold_ids)).values(ended_at=now))
    return slot_ids


def slots_of(*, appointment_id: int | None = None, hold_id: int | None = None) -> list[int]:
    """The slots in which an appointment or a hold has a place."""
    owner = Place.hold_id == hold_id if hold_id else Place.appointment_id == appointment_id
    return list(db.session.scalars(select(Place.slot_id).where(owner)))


def slots_around(appointment_ids: Sequence[int]) -> list[int]:
    """The slots in which these have a place, or a new time is kept for them: what ending them frees."""
    own = select(Place.slot_id).where(Place.appointment_id.in_(appointment_ids))
    kept = select(Place.slot_id).where(Place.hold_id.in_(_new_times(appointment_ids)))
    return list(db.session.scalars(own.union_all(kept)))


def slots_under(appointment_ids: Sequence[int]) -> list[int]:
    """The slots that the times of these appointments lie in, whether they have places there or not."""
    first = aliased(Slot)
    query = (
        select(Slot.id)
        .join(first, first.clinic_session_id == Slot.clinic_session_id)
        .join(Appointment, Appointment.slot_id == first.id)
        .where(
            Appointment.id.in_(appointment_ids),
            Slot.starts_at >= Appointment.starts_at,
            Slot.starts_at < Appointment.ends_at,
        )
    )
    return list(db.session.scalars(query))
