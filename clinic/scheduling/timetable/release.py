"""放号: when places open for booking online. What is released stays released."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import func, select, update

from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling.models import Slot, SlotService
from clinic.scheduling.policies.stored import policies

UNSYNCHRONISED = {"synchronize_session": False}


def reschedule(service_ids: Iterable[int], *, now: datetime) -> int:
    """After a policy changed: set when the days that are not open yet will open. How many days it set.

    A day that opens earlier than now by the new policy opens at once; one that is open stays open,
    and what was given a release by hand keeps it. The moment until which the desk keeps its share
    follows too, on open days as well, as long as it has not let go.
    """
    wanted = sorted(set(service_ids))
    policy_of = policies(wanted)
    days = closed_days(wanted, now)
    for service_id, centre_id, day in days:
        start, end = day_bounds(day)
        db.session.execute(
            update(SlotService)
            .where(
                SlotService.service_id == service_id,
                SlotService.centre_id == centre_id,
                SlotService.starts_at >= start,
                SlotService.starts_at < end,
                SlotService.opens_at > now,
                SlotService.opens_by_hand.is_(False),
            )
            .values(opens_at=policy_of(service_id, centre_id).releases_at(day)),
            execution_options=UNSYNCHRONISED,
        )
    _set_desk_hours(wanted, now)
    return len(days)


def closed_days(service_ids: list[int], now: datetime) -> list[tuple[int, int, date]]:
    """(service, centre, day) of what is not open yet."""
    query = (
        select(SlotService.service_id, SlotService.centre_id, SlotService.starts_at)
        .where(
            SlotService.service_id.in_(service_ids),
            SlotService.starts_at > now,
            SlotService.opens_at > now,
            SlotService.opens_by_hand.is_(False),
        )
        .distinct()
    )
    rows = db.session.execute(query)
    return sorted({(row.service_id, row.centre_id, clinic_day(row.starts_at)) for row in rows})


def _set_desk_hours(service_ids: list[int], now: datetime) -> None:
    """Until when the desk keeps its share where it still does: the earliest of a slot's services."""
    keeps = (Slot.online_capacity < Slot.capacity, Slot.desk_until > now)
    theirs = select(SlotService.clinic_session_id).where(
        SlotService.service_id.in_(service_ids), SlotService.starts_at > now
    )
    query = (
        select(
            SlotService.clinic_session_id,
            SlotService.service_id,
            SlotService.centre_id,
            func.min(SlotService.starts_at).label("starts_at"),
        )
        .join(Slot, Slot.id == SlotService.slot_id)
        .where(SlotService.clinic_session_id.in_(theirs), *keeps)
        .group_by(SlotService.clinic_session_id, SlotService.service_id, SlotService.centre_id)
    )
    rows = db.session.execute(query).all()
    policy_of = policies(sorted({row.service_id for row in rows}))
    hours: dict[int, datetime] = {}
    for row in rows:
        policy = policy_of(row.service_id, row.centre_id)
        until = policy.desk_keeps_until(clinic_day(row.starts_at))
        hours[row.clinic_session_id] = min(until, hours.get(row.clinic_session_id, until))
    for session_id, until in sorted(hours.items()):
        db.session.execute(
            update(Slot)
            .where(Slot.clinic_session_id == session_id, Slot.desk_until != until, *keeps)
            .values(desk_until=until),
            execution_options=UNSYNCHRONISED,
        )
