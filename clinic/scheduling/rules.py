"""May this child book this slot? Pure: values in, verdict out; no database, no clock.

Every refusal is an Objection: a code, a sentence for the screen, and the first moment or day on
which it would work, where there is one.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeVar

from clinic.ages import add_months, age_months
from clinic.scheduling.policy import DEFAULT, Policy
from clinic.sentences import mark

T = TypeVar("T")
UNDO_CHECK_IN = timedelta(minutes=10)
WEEK = timedelta(days=7)


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
    is_closed: bool = False


@dataclass(frozen=True)
class Asking:
    """Who asks for it: the child's birth date, and the ages (completed months) that the service sees."""

    birth_date: date
    min_age_months: int
    max_age_months: int
    online: bool
    other_times: tuple[tuple[datetime, datetime], ...] = ()  # the child's live appointments
    same_service_days: tuple[date, ...] = ()  # of those, the days of the ones for this service
    paused_until: datetime | None = None  # after missed visits
    policy: Policy = DEFAULT


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
            mark("This service is for children under %(years)s years of age."),
            {"years": f"{round((asking.max_age_months + 0.5) / 12, 1):g}"},  # 83 months: under 7
        )
    return None


def time_objection(asking: Asking, slot: Candidate, now: datetime) -> Objection | None:
    """Past, closed, too soon, or not opened for booking yet."""
    if slot.ends_at <= now if not asking.online else slot.starts_at <= now:
        return Objection("past", mark("That time has passed."))
    if slot.is_closed:
        return Objection("closed", mark("The centre has closed that time. Please choose another."))
    if not asking.online:
        return None
    notice = timedelta(minutes=asking.policy.notice_to_book)
    if slot.starts_at < now + notice:
        return Objection(
            "too_soon",
            mark("Too close to book online. Please call, or come to the desk."),
            works_from=now + notice,
        )
    if slot.opens_at > now:
        return Objection(
            "not_open_yet",
            mark("That time opens for booking at %(opens)s."),
            {"opens": slot.opens_at},
            slot.opens_at,
        )
    return None


def quota_objection(asking: Asking, day: date) -> Objection | None:
    """Enough of this service for one child on that day, or in that week (Monday to Sunday)."""
    if not asking.online:
        return None
    monday = day - timedelta(days=day.weekday())
    that_week = [
        same_service_day
        for same_service_day in asking.same_service_days
        if monday <= same_service_day < monday + WEEK
    ]
    if that_week.count(day) >= asking.policy.per_day:
        return Objection(
            "enough_that_day",
            mark("Your child already has an appointment for this on %(day)s."),
            {"day": day},
            day + timedelta(days=1),
        )
    if len(that_week) >= asking.policy.per_week:
        return Objection(
            "enough_that_week",
            mark("Your child already has %(count)s appointments for this in that week."),
            {"count": len(that_week)},
            monday + WEEK,
        )
    return None


def pause_objection(asking: Asking, now: datetime) -> Objection | None:
    """Visits were missed: this service is booked through the centre for a while."""
    if not asking.online or asking.paused_until is None or asking.paused_until <= now:
        return None
    return Objection(
        "paused",
        mark(
            "Visits were missed without being cancelled, so this is booked by phone or at the desk "
            "until %(until)s. Vaccinations are never affected."
        ),
        {"until": asking.paused_until},
        asking.paused_until,
    )


def paused_until(absences: Iterable[datetime], policy: Policy, now: datetime) -> datetime | None:
    """Until when missed visits pause the online booking of a service that is not urgent; None: not.

    `absences` are the moments of the child's missed visits that count (after the last lift).
    The step with the most missed visits reached gives the days, from the last one on.
    """
    since = now - timedelta(days=policy.absences_within_days)
    counted = sorted(absence for absence in absences if absence >= since)
    reached = [days for count, days in policy.absences if count <= len(counted)]
    if policy.urgent or not reached:
        return None
    until = counted[-1] + timedelta(days=reached[-1])
    return until if until > now else None


def objections(asking: Asking, slot: Candidate, now: datetime) -> list[Objection]:
    """Everything that stands against this child at this time; empty means it may be booked.

    The services add their own (intervals between doses, stock); the database has the last word
    on free places and overlaps.
    """
    found: Iterable[Objection | None] = (
        time_objection(asking, slot, now),
        age_objection(asking, slot.day),
        pause_objection(asking, now),
        None
        if slot.is_free
        else Objection("taken", mark("That time has just gone. These are the nearest free times.")),
        Objection("child_busy", mark("Your child already has an appointment at that time."))
        if any(
            overlap(slot.starts_at, slot.ends_at, start, end) for start, end in asking.other_times
        )
        else quota_objection(asking, slot.day),
    )
    return [objection for objection in found if objection is not None]


def may_change_online(starts_at: datetime, notice_minutes: int, now: datetime) -> bool:
    """Whether a family may still move or cancel online, with so many minutes of notice."""
    return now + timedelta(minutes=notice_minutes) <= starts_at


def is_late(starts_at: datetime, arrived_at: datetime, policy: Policy) -> bool:
    """Whether a child came so late that those who are on time go first."""
    return arrived_at > starts_at + timedelta(minutes=policy.late_after)


def in_turn(rows: Sequence[T], here: Collection[T], late: Collection[T]) -> list[T]:
    """The rows in their order, but of those who are here the late ones after those on time."""
    turns = iter(sorted((row for row in rows if row in here), key=lambda row: row in late))
    return [next(turns) if row in here else row for row in rows]


def may_undo_check_in(arrived_at: datetime, now: datetime) -> bool:
    """Whether reception may still take a check-in back."""
    return now < arrived_at + UNDO_CHECK_IN
