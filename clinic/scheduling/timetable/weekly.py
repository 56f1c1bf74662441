"""Weekly templates: on which days they apply, whether two meet, and the slots that hours are cut into. Pure."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from clinic.scheduling.models import RotaRule

FIRST_MONDAY = date(2024, 1, 1)  # weeks are counted from here


@dataclass(frozen=True)
class TeamStation:
    """What every child passes: so many places, and the minutes that a child needs there."""

    name: str
    places: int
    minutes: int


@dataclass(frozen=True)
class Weekly:
    """A weekly template. `every_weeks` counts from the week of `valid_from`; no end is `None`."""

    weekdays: tuple[int, ...]  # Monday is 0
    opens: time
    closes: time
    slot_minutes: int
    valid_from: date
    valid_until: date | None = None
    capacity: int = 1
    stations: tuple[TeamStation, ...] = ()
    online_percent: int = 100
    every_weeks: int = 1


def team_capacity(stations: Sequence[TeamStation], slot_minutes: int) -> int:
    """How many children pass the narrowest station in one slot. Pure."""
    if any(station.places < 1 or station.minutes < 1 for station in stations):
        return 0
    return min(station.places * slot_minutes // station.minutes for station in stations)


def capacity_of(weekly: Weekly) -> int:
    """Places a slot: as many as its narrowest station lets through, if it has stations. Pure."""
    if weekly.stations:
        return team_capacity(weekly.stations, weekly.slot_minutes)
    return weekly.capacity


def week_of(day: date) -> int:
    """The number of the day's week. Pure."""
    return (day - FIRST_MONDAY).days // 7


def applies(rule: Weekly | RotaRule, day: date, weekday: int) -> bool:
    """Whether the rule opens that day, on which the centre works by that weekday's timetable. Pure."""
    return (
        weekday in rule.weekdays
        and rule.valid_from <= day
        and (rule.valid_until is None or day <= rule.valid_until)
        and (week_of(day) - week_of(rule.valid_from)) % rule.every_weeks == 0
    )


def rules_meet(a: Weekly | RotaRule, b: Weekly | RotaRule) -> bool:
    """Whether two weekly templates ever share a moment, going by ordinary weeks. Pure."""
    if not set(a.weekdays) & set(b.weekdays):
        return False
    if a.closes <= b.opens or b.closes <= a.opens:
        return False
    first = max(a.valid_from, b.valid_from)
    last = min(a.valid_until or date.max, b.valid_until or date.max)
    # After so many weeks the two patterns repeat.
    span = math.lcm(a.every_weeks, b.every_weeks) * 7
    end = min(last, first + timedelta(days=span - 1)) if first <= last else first
    days = (first + timedelta(days=n) for n in range((end - first).days + 1))
    return first <= last and any(
        applies(a, day, day.weekday()) and applies(b, day, day.weekday()) for day in days
    )


def online_places(capacity: int, slots: int, percent: int) -> tuple[int, ...]:
    """The places of each slot that are open online: the share of the whole, evenly spread. Pure."""
    total = capacity * slots * percent // 100
    return tuple(total * (n + 1) // slots - total * n // slots for n in range(slots))


def cut(
    starts_at: datetime, ends_at: datetime, minutes: int
) -> Iterator[tuple[datetime, datetime]]:
    """The (start, end) of every whole slot of [starts_at, ends_at), earliest first; none without a length. Pure."""
    length = timedelta(minutes=minutes)
    while minutes > 0 and starts_at + length <= ends_at:
        yield starts_at, starts_at + length
        starts_at += length
