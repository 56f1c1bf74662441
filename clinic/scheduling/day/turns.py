"""In which order those who are here are seen: who came late goes behind who is on time."""

from collections.abc import Sequence

from clinic.scheduling.models import Appointment
from clinic.scheduling.policies import policies
from clinic.scheduling.rules import in_turn, is_late
from clinic.scheduling.status import Status, status_of


def in_order(rows: Sequence[Appointment]) -> tuple[list[Appointment], set[int]]:
    """A day's appointments in the order of their turns, and the ids of those who came late. One query.

    Who was booked in only after the time had begun was not late for it.
    """
    policy_of = policies(sorted({one.service_id for one in rows}))
    here = {one.id for one in rows if status_of(one) is Status.ARRIVED}
    late = {
        one.id
        for one in rows
        if one.id in here
        and one.arrived_at
        and is_late(
            max(one.starts_at, one.booking.made_at),
            one.arrived_at,
            policy_of(one.service_id, one.centre_id),
        )
    }
    by_id = {one.id: one for one in rows}
    return [by_id[number] for number in in_turn([*by_id], here, late)], late
