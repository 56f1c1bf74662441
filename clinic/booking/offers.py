"""What an offer to who waited is for: asked when the family looks at it, kept when it takes it."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime

from clinic.booking.terms import Asked, PurposeChoice
from clinic.clock import clinic_day
from clinic.families.models import Child
from clinic.scheduling.models import Hold
from clinic.scheduling.request import Request
from clinic.scheduling.rules import Objection

Ticked = Mapping[int, Collection[str]]  # codes of lines, by child
NOTHING_SAID: Ticked = {}


def offered(wishes: Sequence[Request], ticked: Ticked, day: date, *, now: datetime) -> Asked:
    """What an offer of that day is for: what is ticked; else what may be done then, or a question."""
    asked = Asked(wishes, ticked, today=day, now=now)
    if not ticked and asked.against(wishes, [], day):
        return Asked(wishes, {wish.child.id: () for wish in wishes}, today=day, now=now)
    return asked


def against(wanted: Sequence[Request], ticked: Ticked, *, now: datetime) -> list[Objection]:
    """What stands against that for which an offer is taken."""
    wishes = [Request(wish.child, wish.service) for wish in wanted]
    day = clinic_day(wanted[0].starts_at)
    return offered(wishes, ticked, day, now=now).against(wishes, [wanted[0].centre_id], day)


def lines_offered(
    group: Sequence[Hold], ticked: Ticked, *, now: datetime
) -> dict[Child, list[PurposeChoice]]:
    """What each child of the offer may come for on its day; a child without a choice is left out."""
    wishes = [Request(hold.child, hold.service) for hold in group]
    day = clinic_day(group[0].slot.starts_at)
    asked = offered(wishes, ticked, day, now=now)
    found = {}
    for hold in group:
        lines = [x for x in asked.lines(hold.child_id) if x.first is None or x.first <= day]
        if lines:
            found[hold.child] = lines
    return found
