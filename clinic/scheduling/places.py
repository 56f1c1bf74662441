"""Taking places in slots and giving them back. The database counts, and refuses one too many."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select, update

from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.models import Appointment, Hold, Place, Slot

UNSYNCHRONISED = {"synchronize_session": False}


def lock(slot_ids: Iterable[int], child_ids: Iterable[int] = ()) -> None:
    """Lock slots, then children, each by id, so that no two bookings wait for each other in a ring.

    SQLite has no row locks and needs none: its write transactions come one after another.
    """
    db.session.execute(
        select(Slot.id).where(Slot.id.in_(set(slot_ids))).order_by(Slot.id).with_for_update()
    ).all()
    if children := set(child_ids):
        db.session.execute(
            select(Child.id).where(Child.id.in_(children)).order_by(Child.id).with_for_update()
        ).all()


def take(
    slot_ids: Sequence[int],
    *,
    now: datetime,
    online: bool,
    appointment_id: int | None = None,
    hold_id: int | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Take one place in each slot, for an appointment or a hold.

    Places whose hold has expired are free: they are cleared away first. Raises IntegrityError
    when a slot, or its online share, is full.
    """
    db.session.execute(
        delete(Place).where(Place.slot_id.in_(slot_ids), Place.expires_at <= now),
        execution_options=UNSYNCHRONISED,
    )
    db.session.execute(
        insert(Place),
        [
            {
                "slot_id": slot_id,
                "appointment_id": appointment_id,
                "hold_id": hold_id,
                "online": online,
                "expires_at": expires_at,
            }
            for slot_id in sorted(slot_ids)
        ],
    )


def keep_for_appointment(hold: Hold, appointment_id: int) -> set[int]:
    """Turn a hold's places into the appointment's, and say in which slots it still had one."""
    kept = set(db.session.scalars(select(Place.slot_id).where(Place.hold_id == hold.id)))
    db.session.execute(
        update(Place)
        .where(Place.hold_id == hold.id)
        .values(appointment_id=appointment_id, hold_id=None, expires_at=None),
        execution_options=UNSYNCHRONISED,
    )
    return kept


def give_back(*, appointment_id: int | None = None, hold_id: int | None = None) -> None:
    """Free every place of an appointment or of a hold, at once."""
    owner = Place.hold_id == hold_id if hold_id else Place.appointment_id == appointment_id
    db.session.execute(delete(Place).where(owner), execution_options=UNSYNCHRONISED)


def slots_of(*, appointment_id: int | None = None, hold_id: int | None = None) -> list[int]:
    """The slots in which an appointment or a hold has a place."""
    owner = Place.hold_id == hold_id if hold_id else Place.appointment_id == appointment_id
    return list(db.session.scalars(select(Place.slot_id).where(owner)))


def slots_under(appointment: Appointment) -> list[int]:
    """The slots that the appointment's time lies in, whether it has a place in them or not."""
    session_id = select(Slot.clinic_session_id).where(Slot.id == appointment.slot_id)
    return list(
        db.session.scalars(
            select(Slot.id).where(
                Slot.clinic_session_id == session_id.scalar_subquery(),
                Slot.starts_at >= appointment.starts_at,
                Slot.starts_at < appointment.ends_at,
            )
        )
    )
