"""Holds that are over, in slots that are asked for: what they kept goes to the waitlist."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import bindparam, select

from clinic.db import db
from clinic.scheduling.appointments.holding import lock
from clinic.scheduling.models import Place, Slot

_slots = Slot.__table__.c
OVER = select(_slots.id).where(
    _slots.id.in_(bindparam("slot_ids", expanding=True)), _slots.frees_at <= bindparam("now")
)
RESTS = (
    select(Place.id)
    .where(
        Place.slot_id == _slots.id,
        Place.hold_id.is_(None),
        Place.appointment_id.is_(None),
        Place.expires_at > bindparam("now"),
    )
    .exists()
)
OVER_OR_RESTING = select(
    _slots.id,
    (_slots.frees_at <= bindparam("now")).label("is_over"),
    RESTS.label("rests"),
).where(_slots.id.in_(bindparam("slot_ids", expanding=True)))


def over_in(slot_ids: Iterable[int], *, now: datetime) -> list[int]:
    """Those of these slots in which something kept is over."""
    return list(db.session.scalars(OVER, {"slot_ids": list(slot_ids), "now": now}))


def over_and_resting(slot_ids: Iterable[int], *, now: datetime) -> tuple[list[int], bool]:
    """The same, and whether a place in one of them rests for a moment, after a release."""
    rows = db.session.execute(OVER_OR_RESTING, {"slot_ids": list(slot_ids), "now": now}).all()
    return [row.id for row in rows if row.is_over], any(row.rests for row in rows)


def offer_places(slot_ids: Iterable[int], *, now: datetime) -> None:
    """Offer the places of holds that are over in these slots to the waitlist.

    A request that is refused rolls back the offers that it made on the way; this makes them again,
    in a transaction of its own, whether a worker runs or not.
    """
    lock(over_in(slot_ids, now=now), now=now)
