"""May this child book this slot? Pure: values in, verdict out; no database, no clock.

Every refusal is an Objection: a code, a sentence for the screen, and the first moment or day on
which it would work, where there is one.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol, TypeVar

from clinic.ages import add_months, age_months
from clinic.clock import clinic_day
from clinic.scheduling.policies.policy import DEFAULT, Policy
from clinic.sentences import mark

T = TypeVar("T")
UNDO_CHECK_IN = timedelta(minutes=10)
WEEK = timedelta(days=7)
CLOSED = mark("The centre has closed that time. Please choose another.")
CENTRE_RETIRED = mark("From %(day)s on this centre takes no bookings. Please choose another one.")
SERVICE_RETIRED = mark("From %(day)s on this centre does not offer this any more.")
PRACTITIONER_RETIRED = mark(
    "From %(day)s on this clinician sees no children here. Please choose another time."
)


@dataclass(frozen=True)
class Objection:
    """What stands against a time. `params` fill the sentence; `works_from` is the first time that works."""

    code: str
    message: str
    params: dict[str, object] = field(default_factory=dict)
    works_from: date | datetime | None = None


class Time(Protocol):
    """A time as the rules see it: half-open [starts_at, ends_at), opened online at `opens_at`."""

    @property
    def starts_at(self) -> datetime: ...

    @property
    def ends_at(self) -> datetime: ...

    @property
    def opens_at(self) -> datetime: ...

    @property
    def is_free(self) -> bool: ...

    @property
    def is_closed(self) -> bool: ...


class Ages(Protocol):
    """A service as far as it is for an age, in completed months."""

    @property
    def min_age_months(self) -> int: ...

    @property
    def max_age_months(self) -> int: ...


@dataclass(frozen=True)
class Applicant:
    """The child for whom a time is asked for, with the ages that the service sees."""

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


def age_objection(birth_date: date, ages: Ages, day: date) -> Objection | None:
    """Too young or too old for the service on that day."""
    age = age_months(birth_date, day)
    if age < ages.min_age_months:
        first = add_months(birth_date, ages.min_age_months)
        return Objection(
            "too_young",
            mark("This service begins at %(months)s months of age. It is possible from %(first)s."),
            {"months": ages.min_age_months, "first": first},
            first,
        )
    if age > ages.max_age_months:
        return Objection(
            "too_old",
            mark("This service is for children under %(years)s years of age."),
            {"years": f"{round((ages.max_age_months + 0.5) / 12, 1):g}"},  # 83 months: under 7
        )
    return None


def time_objection(applicant: Applicant, time: Time, now: datetime) -> Objection | None:
    """Past, closed, too soon, or not opened for booking yet."""
    if time.ends_at <= now if not applicant.online else time.starts_at <= now:
        return Objection("past", mark("That time has passed."))
    if time.is_closed:
        return Objection("closed", CLOSED)
    if not applicant.online:
        return None
    notice = timedelta(minutes=applicant.policy.notice_to_book)
    if time.starts_at < now + notice:
        return Objection(
            "too_soon",
            mark("Too close to book online. Please call, or come to the desk."),
            works_from=now + notice,
        )
    if time.opens_at > now:
        return Objection(
            "not_open_yet",
            mark("That time opens for booking at %(opens)s."),
            {"opens": time.opens_at},
            time.opens_at,
        )
    return None


def quota_objection(applicant: Applicant, day: date) -> Objection | None:
    """Enough of this service for one child on that day, or in that week (Monday to Sunday)."""
    if not applicant.online or not applicant.same_service_days:
        return None
    monday = day - timedelta(days=day.weekday())
    that_week = [
        same_service_day
        for same_service_day in applicant.same_service_days
        if monday <= same_service_day < monday + WEEK
    ]
    if that_week.count(day) >= applicant.policy.per_day:
        return Objection(
            "enough_that_day",
            mark("Your child already has an appointment for this on %(day)s."),
            {"day": day},
            day + timedelta(days=1),
        )
    if len(that_week) >= applicant.policy.per_week:
        return Objection(
            "enough_that_week",
            mark("Your child already has %(count)s appointments for this in that week."),
            {"count": len(that_week)},
            monday + WEEK,
        )
    return None


def pause_objection(applicant: Applicant, now: datetime) -> Objection | None:
    """Visits were missed: this service is booked through the centre for a while."""
    if not applicant.online or applicant.paused_until is None or applicant.paused_until <= now:
        return None
    return Objection(
        "paused",
        mark(
            "Visits were missed without being cancelled, so this is booked by phone or at the desk "
            "until %(until)s. Vaccinations are never affected."
        ),
        {"until": applicant.paused_until},
        applicant.paused_until,
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


def objections(applicant: Applicant, time: Time, now: datetime) -> list[Objection]:
    """Everything that stands against this child at this time; empty means it may be booked.

    `clinic.scheduling.verdict.verdict` adds what the service requires (intervals between doses, stock); the
    database has the last word on free places and overlaps.
    """
    day = clinic_day(time.starts_at)
    found: Iterable[Objection | None] = (
        time_objection(applicant, time, now),
        age_objection(applicant.birth_date, applicant, day),
        pause_objection(applicant, now),
        None
        if time.is_free
        else Objection("taken", mark("That time has just gone. These are the nearest free times.")),
        Objection("child_busy", mark("Your child already has an appointment at that time."))
        if any(
            overlap(time.starts_at, time.ends_at, start, end)
            for start, end in applicant.other_times
        )
        else quota_objection(applicant, day),
    )
    return [objection for objection in found if objection is not None]


def may_change_online(starts_at: datetime, notice_minutes: int, now: datetime) -> bool:
    """Whether a family may still move or cancel online, with so many minutes of notice."""
    return now + timedelta(minutes=notice_minutes) <= starts_at


def is_late(starts_at: datetime, arrived_at: datetime, policy: Policy) -> bool:
    """Whether a child came so late that those on time go first."""
    return arrived_at > starts_at + timedelta(minutes=policy.late_after)


def in_turn(rows: Sequence[T], here: Collection[T], late: Collection[T]) -> list[T]:
    """The rows in their order, but of those who are here the late ones after those on time."""
    turns = iter(sorted((row for row in rows if row in here), key=lambda row: row in late))
    return [next(turns) if row in here else row for row in rows]


def may_undo_check_in(arrived_at: datetime, now: datetime) -> bool:
    """Whether reception may still take a check-in back."""
    return now < arrived_at + UNDO_CHECK_IN
