"""A course of many sessions: planned in the open, before anything is kept. Nothing here writes."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from functools import partial

from clinic.clock import at, clinic_day, day_bounds, local
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.search.together import ChildObjections, objections_of
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import SlotTime, find_slot_times
from clinic.sentences import mark


class NothingToRepeat(DomainError):
    message = mark("A course has at least two sessions, on at least one weekday.")


class TooManySessions(DomainError):
    message = mark("A course has at most %(most)s sessions at a time.")


class GapsCannotBe(DomainError):
    message = mark("The longest gap must not be shorter than the shortest.")


MOST_SESSIONS = 40


@dataclass(frozen=True)
class Pattern:
    """How a course goes on: how often, on which weekdays (Monday is 0), at what time; gaps in days."""

    count: int
    weekdays: tuple[int, ...]
    wall: time
    practitioner_id: int | None = None  # preferred
    min_gap: int = 1
    max_gap: int = 14


@dataclass(frozen=True)
class CourseSession:
    """One session of a course: the day the pattern asks for, and the time that was found.

    `why` says in what it differs from the pattern, as a code of `DIFFERS`.
    """

    asked_for: date
    offer: SlotTime
    why: str = ""


DIFFERS = {
    "": "",
    "other_time": mark("At another time: the usual one is not free."),
    "other_practitioner": mark("With another clinician: the one you chose is not free."),
    "other_day": mark("Instead of %(day)s."),
}


@dataclass
class Course:
    """A course as it can be had: whole, or as far as it goes with the day at which it stopped.

    `missing` is the day that the pattern asks for next, and that has nothing.
    """

    wish: Request
    pattern: Pattern
    sittings: list[CourseSession] = field(default_factory=list)
    stopped_at: date | None = None
    missing: date | None = None

    @property
    def is_whole(self) -> bool:
        return len(self.sittings) == self.pattern.count


def check_pattern(pattern: Pattern) -> None:
    """Raise NothingToRepeat, TooManySessions or GapsCannotBe for a pattern that makes no course."""
    if pattern.count < 2 or not pattern.weekdays:
        raise NothingToRepeat
    if pattern.count > MOST_SESSIONS:
        raise TooManySessions(most=MOST_SESSIONS)
    if not 1 <= pattern.min_gap <= pattern.max_gap:
        raise GapsCannotBe


def _possible(
    found: Iterable[SlotTime], own: set[int], against: ChildObjections
) -> dict[date, list[SlotTime]]:
    """The times that nothing stands against, by day. What is moved gives its `own` slots free."""
    by_day: dict[date, list[SlotTime]] = {}
    for each in found:
        slot_time = replace(each, is_free=True) if own.issuperset(each.slot_ids) else each
        if not against(slot_time):
            by_day.setdefault(clinic_day(slot_time.starts_at), []).append(slot_time)
    return by_day


def plan_course(
    wish: Request,
    centre_id: int,
    first_day: date,
    pattern: Pattern,
    *,
    now: datetime,
    online: bool = True,
    except_for: Collection[int] = (),
) -> Course:
    """Find the sessions of a course from that day on, one after another, skipping what is shut.

    Each is on the next weekday of the pattern, with the preferred practitioner at the usual
    time; else at another time with them, else with somebody else at that time, else on the next
    day that keeps the gaps. Raises as `check_pattern`.
    """
    check_pattern(pattern)
    course = Course(wish, pattern)
    weeks = pattern.count * pattern.max_gap + 7
    start, end = day_bounds(first_day, weeks)
    against = objections_of(wish, now=now, online=online, except_for=except_for)
    found = find_slot_times(wish.service, [centre_id], max(start, now), end, now=now, online=online)
    own = set(places.slots_of_all(except_for)) if except_for else set()
    by_day = _possible(found, own, against)
    earliest, latest = first_day, first_day + timedelta(days=pattern.max_gap)
    while not course.is_whole:
        more = against.beside([sitting.offer for sitting in course.sittings])
        chosen = _next_sitting(by_day, pattern, earliest, latest, partial(_nothing_against, more))
        if chosen is None:
            course.stopped_at = earliest
            course.missing = next(_days(earliest, latest, pattern.weekdays), earliest)
            break
        course.sittings.append(chosen)
        day = clinic_day(chosen.offer.starts_at)
        earliest = day + timedelta(days=pattern.min_gap)
        latest = day + timedelta(days=pattern.max_gap)
    return course


def _nothing_against(against: ChildObjections, slot_time: SlotTime) -> bool:
    return not against(slot_time)


def _next_sitting(
    by_day: dict[date, list[SlotTime]],
    pattern: Pattern,
    earliest: date,
    latest: date,
    fits: Callable[[SlotTime], bool],
) -> CourseSession | None:
    """The best time of the first day that keeps the gaps and on which nothing stands against it."""
    asked_for = next(_days(earliest, latest, pattern.weekdays), None)
    usual = list(_days(earliest, latest, pattern.weekdays))
    others = [day for day in _days(earliest, latest, range(7)) if day not in usual]
    for day in [*usual, *others]:
        if chosen := _on(by_day.get(day, []), day, pattern):
            slot_time, why = chosen
            if not fits(slot_time):
                continue  # enough of it on that day, or in that week
            return CourseSession(
                asked_for or day, slot_time, "other_day" if day != asked_for else why
            )
    return None


def _days(first: date, last: date, weekdays: Collection[int]) -> Iterator[date]:
    for number in range((last - first).days + 1):
        day = first + timedelta(days=number)
        if day.weekday() in weekdays:
            yield day


def _on(free: Sequence[SlotTime], day: date, pattern: Pattern) -> tuple[SlotTime, str] | None:
    """The best of a day's free times, and in what it differs from the pattern."""
    usual = at(day, pattern.wall)
    theirs = [
        slot_time
        for slot_time in free
        if pattern.practitioner_id in (None, slot_time.practitioner_id)
    ]
    for those, why in ((theirs, ""), (free, "other_practitioner")):
        if exact := next(
            (slot_time for slot_time in those if local(slot_time.starts_at) == local(usual)), None
        ):
            return exact, why
        if not why and theirs:
            return min(theirs, key=lambda one: abs(one.starts_at - usual)), "other_time"
    if free:
        return min(free, key=lambda one: abs(one.starts_at - usual)), "other_practitioner"
    return None
