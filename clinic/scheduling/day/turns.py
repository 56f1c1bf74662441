"""The order in which arrived children are seen: late ones go behind those on time."""

from collections.abc import Sequence

from clinic.scheduling.models import Appointment
from clinic.scheduling.policies.stored import policies
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.rules import in_turn, is_late


def in_order(rows: Sequence[Appointment]) -> tuple[list[Appointment], set[int]]:
    """A day's appointments in the order of their turns, and the ids of the late ones. One query.

    One that was booked only after its time had begun is not late for it.
    """
    policy_of = policies(sorted({row.service_id for row in rows}))
    here = {row.id for row in rows if status_of(row) is Status.ARRIVED}
    late = {
        row.id
        for row in rows
        if row.id in here
        and row.arrived_at
        and is_late(
            max(row.starts_at, row.booking.made_at),
            row.arrived_at,
            policy_of(row.service_id, row.centre_id),
        )
    }
    by_id = {row.id: row for row in rows}
    return [by_id[number] for number in in_turn([*by_id], here, late)], late
