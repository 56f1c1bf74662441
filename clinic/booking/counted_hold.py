"""Holding the chosen times for some minutes: a try that is counted, also when it is refused."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.exc import NoResultFound

from clinic.accounts import limits
from clinic.accounts.models import Person
from clinic.booking.queries import moved_with
from clinic.booking.reading import Choice
from clinic.db import in_one_transaction
from clinic.scheduling.appointments import anyone, holding
from clinic.scheduling.verdict.request import Held, Request
from clinic.scheduling.verdict.requirements import RequirementsByKind
from clinic.scheduling.verdict.slot_times import slots_for


def hold_counted(
    choice: Choice,
    required: RequirementsByKind,
    *,
    any_clinician: bool,
    reason: str = "",
    by: Person,
    now: datetime,
) -> Sequence[Held]:
    """Hold the slot of each request or, with `any_clinician`, one of any free clinician then.

    `reason` is what the family wrote already, for a time that had gone meanwhile. Returns the
    holds, the leading one first. Raises TooOften or what `holding.hold` raises; the try is counted
    then too.
    """
    moving, is_one = choice.moving, len(choice.slots) == 1
    parts = moved_with(moving, now=now)[1:] if moving else []
    if not is_one:  # then even the reading is much
        limits.must_be_left(limits.BOOKING, str(by.id), now=now)

    def look() -> list[Request]:
        """Refuses by reading, before anything waits for its turn to write."""
        if any_clinician and is_one:
            return []
        requests = _in_slots(choice, choice.slots, reason)
        holding.look_first(requests, required, by=by, now=now, moves=moving, other_parts=parts)
        return requests

    def hold(requests: Sequence[Request]) -> Sequence[Held]:
        limits.spend(limits.BOOKING, str(by.id), now=now)
        if requests:
            return holding.hold_allowed(requests, required, by=by, now=now, moves=moving).holds
        free = anyone.whoever_is_free(choice.requests[0].service, choice.slots[0], now=now)
        requests = _in_slots(choice, free[:1], reason)
        made = holding.hold(requests, required, by=by, now=now, moves=moving, other_parts=parts)
        return made.holds

    with limits.refusals_counted(limits.BOOKING, str(by.id), now=now):
        requests = look()
        return in_one_transaction(lambda: hold(requests))


def _in_slots(choice: Choice, slots: Sequence[int], reason: str) -> list[Request]:
    """The requests in these slots, with the policies that are known."""
    found = []
    for request, slot_id in zip(choice.requests, slots, strict=True):
        child, service = request.child, request.service
        those = slots_for(service, slot_id)
        centre_id = those[0].centre_id
        if centre_id not in choice.catalogue.centre_ids:
            raise NoResultFound  # it has not opened
        policy = choice.catalogue.policy_of(service.id, centre_id)
        found.append(Request(child, service, those, reason=reason, known=policy))
    return found
