"""Which weekday's timetable a centre works by on a day: public holidays and 调休, from data. Pure.

A year's calendar follows the State Council's notice. A year without one is refused, never guessed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from clinic.errors import DomainError
from clinic.sentences import mark

MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6
WARN_FROM_MONTH = 10  # the notice for the coming year has been published in autumn


class NoCalendar(DomainError):
    message = mark("The public holidays of %(year)s are not known here yet.")


@dataclass(frozen=True)
class Holiday:
    """A public holiday, from its first day to its last."""

    name_zh: str
    name_en: str
    first: date
    last: date


@dataclass(frozen=True)
class Calendar:
    """The public holidays of a year, and the days of its weekends that are worked instead."""

    holidays: tuple[Holiday, ...]
    adjusted_workdays: frozenset[date]


Calendars = Mapping[int, Calendar]  # by year; a year that is not known is not in it


def holiday_on(day: date, calendars: Calendars) -> Holiday | None:
    """The public holiday that the day belongs to; None also where the year is not known."""
    calendar = calendars.get(day.year)
    holidays = calendar.holidays if calendar else ()
    return next((holiday for holiday in holidays if holiday.first <= day <= holiday.last), None)


def timetable(day: date, adjusted: Mapping[date, int | None], calendars: Calendars) -> int | None:
    """The weekday (Monday is 0) by whose timetable a centre works that day; None: it is shut.

    `adjusted` is what the centre decided for itself, and goes before everything: a weekday, or
    None for shut. Else a public holiday is shut, and a weekend day that is worked instead
    follows its neighbour, Saturday the Friday and Sunday the Monday (the notice names no
    timetable: unverified, each centre may set its own). Raises NoCalendar.
    """
    if day in adjusted:
        return adjusted[day]
    calendar = calendars.get(day.year)
    if calendar is None:
        raise NoCalendar(year=day.year)
    if holiday_on(day, calendars):
        return None
    if day in calendar.adjusted_workdays:
        return {SATURDAY: FRIDAY, SUNDAY: MONDAY}.get(day.weekday(), day.weekday())
    return day.weekday()


def years_needed(today: date) -> tuple[int, ...]:
    """The years whose calendar should be here by now: this one, and from October on the next."""
    return (today.year, today.year + 1) if today.month >= WARN_FROM_MONTH else (today.year,)
