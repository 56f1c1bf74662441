"""May this child book this slot? Pure: values in, verdict out; no database, no clock.

Every refusal is an Objection: a code, a sentence for the screen, and the first moment or day on
which it would work, where there is one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from clinic.ages import add_months, age_months
from clinic.i18n import mark

NOTICE_ONLINE = timedelta(minutes=30)  # to book, move or cancel online; configuration later
UNDO_CHECK_IN = timedelta(minutes=10)


@dataclass(frozen=True)
class Objection:
    """What stands against a time. `params` fill the sentence; `works_from` is the first time that works."""

    code: str
    message: str
    params: dict[str, object] = field(default_factory=dict)
    works_from: date | datetime | None = None


@dataclass(frozen=True)
class Candidate:
    """A time as the rules see it: half-open [starts_at, ends_at), on `day` at the clinic."""

    starts_at: datetime
    ends_at: datetime
    day: date
    opens_at: datetime
    is_free: bool


@dataclass(frozen=True)
class Asking:
    """Who asks for it: the child's birth date, and the ages (completed months) that the service sees."""

    birth_date: date
    min_age_months: int
    max_age_months: int
    online: bool
    other_times: tuple[tuple[datetime, datetime], ...] = ()  # the child's live appointments


def overlap(start: datetime, end: datetime, other_start: datetime, other_end: datetime) -> bool:
    """Whether two half-open intervals share a moment."""
    return start < other_end and other_start < end


def age_objection(asking: Asking, day: date) -> Objection | None:
    """Too young or too old for the service on that day."""
    age = age_months(asking.birth_date, day)
    if age < asking.min_age_months:
        first = add_months(asking.birth_date, asking.min_age_months)
        return Objection(
            "too_young",
            mark("This service begins at %(months)s months of age. It is possible from %(first)s."),
            {"months": asking.min_age_months, "first": first},
            first,
        )
    if age > asking.max_age_months:
        return Objection(
            "too_old",
            mark("This service is for children up to %(years)s years of age."),
            {"years": round(asking.max_age_months / 12, 1 if asking.max_age_months % 12 else None)},
        )
    return None


def time_objection(asking: Asking, slot: Candidate, now: datetime) -> Objection | None:
    """Past, too soon, or not opened for booking yet."""
    if slot.ends_at <= now if not asking.online else slot.starts_at <= now:
        return Objection("past", mark("That time has passed."))
    if asking.online and slot.starts_at < now + NOTICE_ONLINE:
        return Objection(
            "too_soon",
            mark("That is too soon to book online. Please call, or come to the desk."),
        )
    if asking.online and slot.opens_at > now:
        return Objection(
            "not_open_yet",
            mark("That time opens for booking at %(opens)s."),
            {"opens": slot.opens_at},
            slot.opens_at,
        )
    return None


def objections(asking: Asking, slot: Candidate, now: datetime) -> list[Objection]:
    """Everything that stands against this child at this time; empty means it may be booked.

    The services add their own (intervals between doses, stock); the database has the last word
    on free places and overlaps.
    """
    found: Iterable[Objection | None] = (
        time_objection(asking, slot, now),
        age_objection(asking, slot.day),
        None
        if slot.is_free
        else Objection("taken", mark("That time has just gone. These are the nearest free times.")),
        Objection("child_busy", mark("Your child already has an appointment at that time."))
        if any(
            overlap(slot.starts_at, slot.ends_at, start, end) for start, end in asking.other_times
        )
        else None,
    )
    return [objection for objection in found if objection is not None]


def may_change_online(starts_at: datetime, now: datetime) -> bool:
    """Whether a family may still move or cancel online."""
    return now + NOTICE_ONLINE <= starts_at


def may_undo_check_in(arrived_at: datetime, now: datetime) -> bool:
    """Whether reception may still take a check-in back."""
    return now < arrived_at + UNDO_CHECK_IN
