"""A time with "anyone": of the free practitioners the one with the fewest places taken that day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import func, select

from clinic.centres.models import Service
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling.appointments import holding
from clinic.scheduling.models import Slot
from clinic.scheduling.verdict.slot_times import find_slot_times, slots_for


def whoever_is_free(
    service: Service, slot_id: int, *, now: datetime, online: bool = True
) -> list[int]:
    """The slots of all practitioners at that time and centre, locked, the free one first.

    Of several that are free it is the one whose practitioner has the fewest places taken that day.
    If none is free, just the slot that was asked for. With all of them locked no family is refused
    while one is free.
    """
    first = slots_for(service, slot_id)[0]
    day = day_bounds(clinic_day(first.starts_at))

    def at_that_time() -> list[tuple[int, ...]]:
        found = find_slot_times(
            service,
            [first.centre_id],
            first.starts_at,
            first.starts_at + timedelta(minutes=service.minutes),
            now=now,
            online=online,
        )
        free = [
            slot_time
            for slot_time in found
            if slot_time.is_free and slot_time.starts_at == first.starts_at
        ]
        busy = _busy([slot_time.practitioner_id for slot_time in free], day)
        free.sort(key=lambda one: (busy.get(one.practitioner_id, 0), one.slot_id))
        return [slot_time.slot_ids for slot_time in free]

    everybody = at_that_time()
    holding.lock([slot_id for run in everybody for slot_id in run], now=now)
    return [run[0] for run in at_that_time()] or [slot_id]


def _busy(practitioner_ids: Sequence[int], day: tuple[datetime, datetime]) -> dict[int, int]:
    query = (
        select(Slot.practitioner_id, func.sum(Slot.taken))
        .where(
            Slot.practitioner_id.in_(practitioner_ids),
            Slot.starts_at >= day[0],
            Slot.starts_at < day[1],
        )
        .group_by(Slot.practitioner_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}
