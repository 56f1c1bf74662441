"""Keeping the chosen times for some minutes: a try that is counted, also when it is refused."""

from collections.abc import Sequence
from datetime import datetime

from clinic.accounts import limits
from clinic.accounts.models import Person
from clinic.booking.queries import moved_with
from clinic.booking.terms import Asked
from clinic.clock import clinic_day
from clinic.scheduling.booking import anyone, booking, holding
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import slots_for
from clinic.scheduling.request import Held, Refused, Request
from clinic.scheduling.search.catalogue import last_known


def keep(
    wishes: Sequence[Request],
    slots: Sequence[int],
    asked: Asked,
    moving: Appointment | None,
    *,
    any_clinician: bool,
    reason: str = "",
    by: Person,
    now: datetime,
) -> Sequence[Held]:
    """Hold one slot for each wish or, with `any_clinician`, a slot of any free clinician then.

    `reason` is what the family wrote already, for a time that had gone meanwhile. Returns the
    holds, the leading one first. Raises TooOften, Refused, or what `holding.keep` and the terms
    raise; the try is counted then too.
    """

    parts = moved_with(moving, now=now)[1:] if moving else []
    if len(slots) > 1:  # then even the reading is much
        limits.must_be_left(limits.BOOKING, str(by.id), now=now)

    def first() -> list[Request]:
        if any_clinician:
            return []
        wanted = _wanted(wishes, slots, asked, moving, reason, now=now)
        holding.must_seem_free(wanted, by=by, now=now, moves=moving, other_parts=parts)
        return wanted

    def work(wanted: Sequence[Request]) -> Sequence[Held]:
        if any_clinician:
            found = anyone.whoever_is_free(wishes[0].service, slots[0], now=now)
            wanted = _wanted(wishes, found[:1], asked, moving, reason, now=now)
        kept = holding.keep(wanted, by=by, now=now, moves=moving, other_parts=parts)
        if asked.terms:
            asked.keep(kept.holds, by=by, now=now, is_new=kept.is_new)
        return kept.holds

    return limits.counted(limits.BOOKING, str(by.id), work, first=first, now=now)


def _wanted(
    wishes: Sequence[Request],
    slots: Sequence[int],
    asked: Asked,
    moving: Appointment | None,
    reason: str,
    *,
    now: datetime,
) -> list[Request]:
    """What is wanted, in these slots. Raises Refused, or what says that it may not be moved."""
    wanted = []
    for wish, slot_id in zip(wishes, slots, strict=True):
        facts = slots_for(wish.service, slot_id)
        policy = last_known().policy_of(wish.service.id, facts[0].centre_id)
        wanted.append(Request(wish.child, wish.service, facts, reason=reason, known=policy))
    for one in wanted:
        if found := asked.objections(one.child, one.service, clinic_day(one.starts_at)):
            raise Refused(found)
    if moving:
        booking.must_be_changeable(moving, online=True, now=now)
    return wanted
