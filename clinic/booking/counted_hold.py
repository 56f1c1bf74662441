"""Holding the chosen times for some minutes: a try that is counted, also when it is refused."""

from collections.abc import Sequence
from datetime import datetime

from clinic.accounts import limits
from clinic.accounts.models import Person
from clinic.booking.queries import moved_with
from clinic.scheduling.booking import anyone, holding
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import slots_for
from clinic.scheduling.request import Held, Request
from clinic.scheduling.requirements import RequirementsOf
from clinic.scheduling.search.catalogue import last_known


def hold_counted(
    requests: Sequence[Request],
    slots: Sequence[int],
    required: RequirementsOf,
    moving: Appointment | None,
    *,
    any_clinician: bool,
    reason: str = "",
    by: Person,
    now: datetime,
) -> Sequence[Held]:
    """Hold one slot for each request or, with `any_clinician`, a slot of any free clinician then.

    `reason` is what the family wrote already, for a time that had gone meanwhile. Returns the
    holds, the leading one first. Raises TooOften or what `holding.hold` raises; the try is counted
    then too.
    """
    parts = moved_with(moving, now=now)[1:] if moving else []
    if len(slots) > 1:  # then even the reading is much
        limits.must_be_left(limits.BOOKING, str(by.id), now=now)

    def look() -> list[Request]:
        if any_clinician:
            return []
        chosen = _in_slots(requests, slots, reason)
        holding.look_first(chosen, required, by=by, now=now, moves=moving, other_parts=parts)
        return chosen

    def hold(chosen: Sequence[Request]) -> Sequence[Held]:
        if not any_clinician:
            return holding.hold_allowed(chosen, required, by=by, now=now, moves=moving).holds
        free = anyone.whoever_is_free(requests[0].service, slots[0], now=now)
        chosen = _in_slots(requests, free[:1], reason)
        made = holding.hold(chosen, required, by=by, now=now, moves=moving, other_parts=parts)
        return made.holds

    return limits.counted(limits.BOOKING, str(by.id), hold, first=look, now=now)


def _in_slots(requests: Sequence[Request], slots: Sequence[int], reason: str) -> list[Request]:
    """The requests in these slots, with the policies that are known."""
    policy_of, chosen = last_known().policy_of, []
    for request, slot_id in zip(requests, slots, strict=True):
        child, service = request.child, request.service
        those = slots_for(service, slot_id)
        policy = policy_of(service.id, those[0].centre_id)
        chosen.append(Request(child, service, those, reason=reason, known=policy))
    return chosen
