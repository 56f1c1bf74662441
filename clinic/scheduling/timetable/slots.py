"""The slots of sessions, with the rows that a search reads. Verbs flush; the caller commits."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import Any

from sqlalchemy import insert

from clinic.db import db
from clinic.scheduling.models import Slot, SlotService
from clinic.scheduling.policies.policy import Policy
from clinic.scheduling.timetable import closings
from clinic.scheduling.timetable.closings import ClosingReason

LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class SlotsToMake:
    """A session's slots, still to be made: their times, places, and which of them are shut."""

    session_id: int
    centre_id: int
    practitioner_id: int
    day: date
    times: tuple[tuple[datetime, datetime], ...]
    service_ids: tuple[int, ...]
    capacity: int
    online: tuple[int, ...]  # places a slot that can be booked online
    shut: tuple[tuple[ClosingReason, ...], ...] = ()  # what shuts each of them


def add_slots(
    blocks: Sequence[SlotsToMake],
    policy_of: Callable[[int, int], Policy],
    *,
    opens_at: datetime | None = None,
    now: datetime,
) -> None:
    """Rows for the slots of all blocks and for the services that they are booked for: two statements.

    A day opens for booking when its service's policy releases it, or at `opens_at`. Those that
    something shuts are shut since `now`.
    """
    policy = cache(policy_of)
    slots = [row for block in blocks for row in _slot_rows(block, policy)]
    ids = db.session.scalars(
        insert(Slot).returning(Slot.id, sort_by_parameter_order=True), slots
    ).all()
    made = iter(zip(ids, slots, strict=True))
    search: list[dict[str, Any]] = []
    reasons: dict[int, tuple[ClosingReason, ...]] = {}
    for block in blocks:
        released = {
            service_id: opens_at or policy(service_id, block.centre_id).releases_at(block.day)
            for service_id in block.service_ids
        }
        for why in block.shut or ((),) * len(block.times):
            slot_id, slot = next(made)
            reasons[slot_id] = why
            row = _search_row(slot_id, slot) | {"opens_by_hand": opens_at is not None}
            search += [
                row | {"service_id": service_id, "opens_at": moment}
                for service_id, moment in released.items()
            ]
    db.session.execute(insert(SlotService), search)
    closings.add(reasons, now=now)


def _search_row(slot_id: int, slot: dict[str, Any]) -> dict[str, Any]:
    """What a search reads of an open slot, whatever the service."""
    same = ("centre_id", "clinic_session_id", "practitioner_id", "starts_at", "ends_at")
    return {name: slot[name] for name in same} | {
        "slot_id": slot_id,
        "free_from": LONG_AGO if slot["online_capacity"] else slot["desk_until"] or NEVER,
        "closed": False,
    }


def _slot_rows(
    block: SlotsToMake, policy: Callable[[int, int], Policy]
) -> Iterator[dict[str, Any]]:
    keeps = min(
        policy(service_id, block.centre_id).desk_keeps_until(block.day)
        for service_id in block.service_ids
    )
    for (starts_at, ends_at), online in zip(block.times, block.online, strict=True):
        yield {
            "clinic_session_id": block.session_id,
            "centre_id": block.centre_id,
            "practitioner_id": block.practitioner_id,
            "starts_at": starts_at,
            "ends_at": ends_at,
            "capacity": block.capacity,
            "online_capacity": online,
            "desk_until": keeps if online < block.capacity else None,
        }
