"""What is only held when hours change: holds of forms end, offers are over without fault of the family."""

from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import delete, func, or_, select

from clinic.db import db
from clinic.scheduling import places
from clinic.scheduling.models import Hold, HoldFor, Place
from clinic.scheduling.waitlist import marks

UNSYNCHRONISED = {"synchronize_session": False}


def forget_holds(
    slots: Collection[int], *, now: datetime, service_id: int | None = None
) -> list[int]:
    """What is only held in a slot that changes is free; who fills in the form is told kindly.

    An offer that loses a place is over, and it is not the family that let it pass. With a service
    only what is held for that. The slots in which places became free.
    """
    offered = _offers_in(slots, service_id)
    freed = places.end_holds(offered, now=now) if offered else []
    marks.look_again_after(offered, now=now)
    held = [Place.slot_id.in_(list(slots)), Place.appointment_id.is_(None)]
    if service_id is not None:
        held.append(Place.hold_id.in_(select(Hold.id).where(Hold.service_id == service_id)))
        freed += db.session.scalars(select(Place.slot_id).where(*held)).all()
    db.session.execute(delete(Place).where(*held), execution_options=UNSYNCHRONISED)
    return freed


def _offers_in(slot_ids: Iterable[int], service_id: int | None = None) -> list[int]:
    """The holds of the offers that keep a place there (for that service), with all that belong to them."""
    held = select(Place.hold_id).where(
        Place.slot_id.in_(list(slot_ids)), Place.appointment_id.is_(None)
    )
    if service_id is not None:
        held = held.join(Hold, Hold.id == Place.hold_id).where(Hold.service_id == service_id)
    leads = db.session.scalars(
        select(func.coalesce(Hold.lead_id, Hold.id)).where(
            Hold.id.in_(held), Hold.purpose != HoldFor.FORM
        )
    ).all()
    if not leads:
        return []
    group = select(Hold.id).where(or_(Hold.id.in_(leads), Hold.lead_id.in_(leads)))
    return list(db.session.scalars(group))


def slots_of_offers(slot_ids: Iterable[int]) -> list[int]:
    """All slots of the offers that keep a place in one of these."""
    query = select(Place.slot_id).where(Place.hold_id.in_(_offers_in(slot_ids)))
    return list(db.session.scalars(query))
