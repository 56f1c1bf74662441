"""What a check or a child's growth offers beyond it: each with its reason, booked only by the family. Pure.

The links between services are the project's own (a positive screen: the rehabilitation assessment;
overweight: the weight clinic; school age: spine screening by Adam's test). From which age on a
child is of school age is an operating choice. Only what the centres have is offered.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum

from clinic.centres.models import Service
from clinic.checkups.growth.words import SEVERE
from clinic.sentences import mark

REHAB, WEIGHT, SPINE = "rehab-assessment", "weight-clinic", "spine-screening"
CODES = (REHAB, WEIGHT, SPINE)  # the services' codes
HEAVY = {"超重", "肥胖"}
SCHOOL_MONTHS = (72, 215)  # both inclusive, completed months

SIGN, REGRESSION, SEEN = "sign-", "regression", "yes"  # as a check's findings are kept


class Spine(Enum):
    """How a child's spine screening stands."""

    NEVER = "never"
    SETTLED = "settled"  # it is not yet time again, or a specialist has taken over
    AGAIN = "again"


SPINE_REASONS = {
    Spine.NEVER: mark("At school age a short check of the spine finds a curve early."),
    Spine.AGAIN: mark("It is time to check the spine again, as agreed at the last screening."),
}


@dataclass(frozen=True)
class Suggestion:
    """A service that may help, and why; `reason` is a marked text."""

    service: Service
    reason: str


def signs_seen(found: Mapping[str, str]) -> list[str]:
    """The warning signs among a check's findings (code: value) that were seen."""
    return [
        code
        for code, value in found.items()
        if value == SEEN and (code.startswith(SIGN) or code == REGRESSION)
    ]


def offers(
    *,
    positive: Collection[str],
    words: Collection[str | None],
    age_months: int,
    services: Iterable[Service],
    spine: Spine = Spine.NEVER,
) -> list[Suggestion]:
    """What to offer of these services, in the order of `CODES`.

    `positive`: the warning signs that were seen (codes); `words`: the standards' words of the
    child's latest values; `age_months`: completed months; `spine`: how its screening stands.
    """
    reasons = {}
    if positive:
        reasons[REHAB] = mark(
            "A warning sign was seen. An assessment shows whether training would help."
        )
    if HEAVY & {word.removeprefix(SEVERE) for word in words if word}:
        reasons[WEIGHT] = mark(
            "The weight is high for the height. The weight clinic helps the whole family."
        )
    if SCHOOL_MONTHS[0] <= age_months <= SCHOOL_MONTHS[1] and spine in SPINE_REASONS:
        reasons[SPINE] = SPINE_REASONS[spine]
    fitting = {
        service.code: service
        for service in services
        if service.min_age_months <= age_months <= service.max_age_months
    }
    return [
        Suggestion(fitting[code], reasons[code])
        for code in CODES
        if code in reasons.keys() & fitting
    ]
