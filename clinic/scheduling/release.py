"""放号: when places open for booking online. What is released stays released."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import select, update

from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling.models import Slot, SlotService
from clinic.scheduling.policies import policies

UNSYNCHRONISED = {"synchronize_session": False}


def reschedule(service_ids: Iterable[int], *, now: datetime) -> int:
    """After a policy changed: set when the days that are not open yet will open. How many days it set.

    A day that opens earlier than now by the new policy opens at once; one that is open stays open.
    The moment until which the desk keeps its share follows in the same way.
    """
    wanted = sorted(set(service_ids))
    policy_of = policies(wanted)
    done = 0
    for service_id, centre_id, day in _closed_days(wanted, now):
        policy = policy_of(service_id, centre_id)
        start, end = day_bounds(day)
        theirs = (
            SlotService.service_id == service_id,
            SlotService.centre_id == centre_id,
            SlotService.starts_at >= start,
            SlotService.starts_at < end,
        )
        db.session.execute(
            update(Slot)
            .where(
                Slot.id.in_(select(SlotService.slot_id).where(*theirs)),
                Slot.online_capacity < Slot.capacity,
                Slot.desk_until > now,
            )
            .values(desk_until=policy.desk_keeps_until(day)),
            execution_options=UNSYNCHRONISED,
        )
        db.session.execute(
            update(SlotService)
            .where(*theirs, SlotService.opens_at > now)
            .values(opens_at=policy.releases_at(day)),
            execution_options=UNSYNCHRONISED,
        )
        done += 1
    return done


def _closed_days(service_ids: list[int], now: datetime) -> list[tuple[int, int, date]]:
    """(service, centre, day) of what is not open yet."""
    query = (
        select(SlotService.service_id, SlotService.centre_id, SlotService.starts_at)
        .where(
            SlotService.service_id.in_(service_ids),
            SlotService.starts_at > now,
            SlotService.opens_at > now,
        )
        .distinct()
    )
    rows = db.session.execute(query)
    return sorted({(row.service_id, row.centre_id, clinic_day(row.starts_at)) for row in rows})
