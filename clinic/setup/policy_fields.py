"""The rules of booking on a page: what each means, and how it is typed and written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import time

from clinic import plain
from clinic.errors import DomainError
from clinic.fields import CHOOSE
from clinic.i18n import gettext, say
from clinic.outside import a_time
from clinic.scheduling.policies.policy import DEFAULT, Policy
from clinic.scheduling.policies.stored import bounds
from clinic.sentences import mark
from clinic.typed import Errors

YES_NO = {"yes": True, "no": False}
STEPS = 3  # of the pauses after missed visits
BETWEEN = mark("A whole number from %(low)s to %(high)s, please.")


@dataclass(frozen=True)
class Rule:
    """A value of the policy. Texts are marked: its name, its unit if it is a number, what it means."""

    name: str
    label: str
    means: str
    unit: str = ""


@dataclass(frozen=True)
class Group:
    """Rules that are read together."""

    title: str
    rules: Sequence[Rule]


MINUTES, DAYS, HOURS, SECONDS, TIMES = (
    mark("minutes"),
    mark("calendar days"),
    mark("hours"),
    mark("seconds"),
    mark("appointments"),
)
GROUPS = (
    Group(
        mark("When places open online"),
        (
            Rule(
                "release_days",
                mark("Days ahead"),
                mark("A day's places open online so many days before it. What is open stays open."),
                DAYS,
            ),
            Rule("release_time", mark("Opens at"), mark("They open at this time of that day.")),
            Rule(
                "rush_minutes",
                mark("Rush after opening"),
                mark(
                    "For so long after opening, a place that is given back rests a little "
                    "before it is offered again, so that nobody is quicker by reloading."
                ),
                MINUTES,
            ),
            Rule(
                "rest_seconds",
                mark("Rest at most"),
                mark("So long at most such a place rests."),
                SECONDS,
            ),
        ),
    ),
    Group(
        mark("The desk's share"),
        (
            Rule(
                "desk_keeps_until_days",
                mark("Days before"),
                mark(
                    "Places that the desk kept open online too, so many days before the "
                    "visit; 0 is the same day."
                ),
                DAYS,
            ),
            Rule(
                "desk_keeps_until_time",
                mark("Time of that day"),
                mark("They open online at this time of that day."),
            ),
        ),
    ),
    Group(
        mark("Notice, online"),
        (
            Rule(
                "notice_to_book",
                mark("To book"),
                mark(
                    "A time can be booked online until so long before it begins; afterwards "
                    "at the desk only."
                ),
                MINUTES,
            ),
            Rule(
                "notice_to_move",
                mark("To move"),
                mark("Families can move a visit online until so long before it begins."),
                MINUTES,
            ),
            Rule(
                "notice_to_cancel",
                mark("To cancel"),
                mark("Families can cancel a visit online until so long before it begins."),
                MINUTES,
            ),
        ),
    ),
    Group(
        mark("How much one family books"),
        (
            Rule(
                "per_day",
                mark("A day"),
                mark(
                    "A child has so many appointments of a service on one day at most, booked"
                    " online."
                ),
                TIMES,
            ),
            Rule(
                "per_week",
                mark("A week"),
                mark("And so many in one week, Monday to Sunday."),
                TIMES,
            ),
            Rule(
                "holds_per_family",
                mark("Kept at once"),
                mark("A family keeps so many times at once while it fills in forms."),
                TIMES,
            ),
        ),
    ),
    Group(
        mark("After missed visits"),
        (
            Rule(
                "absences",
                mark("Pauses"),
                mark(
                    "After so many missed visits a child cannot be booked online for so many "
                    "days. The centre can lift a pause."
                ),
            ),
            Rule(
                "absences_within_days",
                mark("Counted for"),
                mark("A missed visit counts for so many days."),
                DAYS,
            ),
            Rule(
                "urgent",
                mark("Never paused"),
                mark("Missed visits never pause online booking: for what cannot wait."),
            ),
        ),
    ),
    Group(
        mark("On the day, and for those who wait"),
        (
            Rule(
                "late_after",
                mark("Late after"),
                mark("Who checks in so long after the time goes behind those who are on time."),
                MINUTES,
            ),
            Rule(
                "offer_minutes",
                mark("A waiting family's offer"),
                mark(
                    "A place found for a family on the waitlist is theirs alone for so long. "
                    "Offers that are out keep their time."
                ),
                MINUTES,
            ),
            Rule(
                "new_time_hours",
                mark("New times kept"),
                mark(
                    "When the centre changes its hours, new times are kept for the families "
                    "for so long."
                ),
                HOURS,
            ),
        ),
    ),
)
NAMES = tuple(field.name for field in fields(Policy))


def typed_of(settings: Mapping[str, object]) -> dict[str, str]:
    """What stands in the fields for these settings."""
    typed = {}
    for name in NAMES:
        value = settings.get(name)
        if name == "absences":
            steps: Sequence[Sequence[int]] = value or []  # type: ignore[assignment]
            for number, (count, days) in enumerate(steps[:STEPS], 1):
                typed[f"absences-{number}-visits"] = str(count)
                typed[f"absences-{number}-days"] = str(days)
        elif isinstance(value, bool):
            typed[name] = "yes" if value else "no"
        else:
            typed[name] = "" if value is None else _without_seconds(str(value))
    return typed


def _without_seconds(text: str) -> str:
    return text[:5] if ":" in text else text


def settings_in(typed: Mapping[str, str], errors: Errors) -> dict[str, object]:
    """What was typed as settings, as JSON has them; an empty field sets nothing."""
    found: dict[str, object] = {}
    for name in NAMES:
        default, text = getattr(DEFAULT, name), typed.get(name, "")
        if name == "absences":
            if steps := _steps(typed, errors):
                found[name] = steps
        elif not text:
            continue
        elif isinstance(default, bool):
            if text in YES_NO:
                found[name] = YES_NO[text]
            else:
                errors[name] = str(CHOOSE)
        elif isinstance(default, time):
            if (wall := a_time(text)) is None:
                errors[name] = gettext("Enter a time, as 08:30.")
            else:
                found[name] = f"{wall:%H:%M}"
        elif (number := _whole(text, name, *bounds(name), errors)) is not None:
            found[name] = number
    return found


def _whole(text: str, field: str, low: int, high: int, errors: Errors) -> int | None:
    try:
        number = plain.whole(text)
    except DomainError as error:
        errors[field] = say(error)
        return None
    if low <= number <= high:
        return number
    errors[field] = gettext(BETWEEN, low=low, high=high)
    return None


def _steps(typed: Mapping[str, str], errors: Errors) -> list[list[int]]:
    """The pauses, by missed visits; a row is whole or empty."""
    steps: list[list[int]] = []
    for number in range(1, STEPS + 1):
        names = [f"absences-{number}-{part}" for part in ("visits", "days")]
        if not any(typed.get(name) for name in names):
            continue
        read = [
            _whole(typed.get(name, ""), name, 1, most, errors)
            for name, most in zip(names, (100, 366), strict=True)
        ]
        step = [value for value in read if value is not None]
        if len(step) == len(names):
            if steps and (step[0] <= steps[-1][0] or step[1] < steps[-1][1]):
                errors[names[0]] = gettext(
                    "More missed visits, please, and no shorter pause, than in the row above."
                )
            steps.append(step)
    return steps


def written(name: str, value: object) -> str:
    """A value as people read it."""
    if name == "absences":
        steps: Sequence[Sequence[int]] = value or []  # type: ignore[assignment]
        return gettext(", ").join(
            gettext("%(visits)s missed: %(days)s days", visits=count, days=days)
            for count, days in steps
        ) or gettext("no pause")
    if isinstance(value, bool):
        return gettext("yes") if value else gettext("no")
    if isinstance(value, time):
        return f"{value:%H:%M}"
    unit = next((rule.unit for group in GROUPS for rule in group.rules if rule.name == name), "")
    return f"{value} {gettext(unit)}" if unit else str(value)
