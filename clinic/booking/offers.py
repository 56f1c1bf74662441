"""What an offer from the waitlist is for: asked when the family looks at it, reserved when it takes it."""

from collections.abc import Sequence
from datetime import datetime

from clinic.booking.requirements import said_or_usual
from clinic.clock import clinic_day
from clinic.families.models import Child
from clinic.scheduling.models import Hold
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.requirements import Codes, PurposeChoice
from clinic.scheduling.verdict.rules import Objection
from clinic.scheduling.verdict.verdict import verdict_of_day


def against(requests: Sequence[Request], ticked: Codes, *, now: datetime) -> list[Objection]:
    """What stands against that for which an offer is taken."""
    day = clinic_day(requests[0].starts_at)
    required = said_or_usual(requests, ticked, day, now=now)
    return verdict_of_day(requests, required, [requests[0].centre_id], day)


def purposes_offered(
    group: Sequence[Hold], ticked: Codes, *, now: datetime
) -> dict[Child, list[PurposeChoice]]:
    """What each child of the offer may come for on its day; a child without a choice is left out."""
    requests = [Request(hold.child, hold.service) for hold in group]
    day = clinic_day(group[0].slot.starts_at)
    required = said_or_usual(requests, ticked, day, now=now)
    found = {}
    for hold in group:
        purposes = [
            purpose
            for purpose in required.purposes(hold.child_id)
            if purpose.first is None or purpose.first <= day
        ]
        if purposes:
            found[hold.child] = purposes
    return found
