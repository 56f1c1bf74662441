"""Which weekday's timetable a centre works by on a day: public holidays and 调休, from data.

One file a year in `calendars/`, after the State Council's notice. A year without a file is
refused, never guessed.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

from clinic.errors import DomainError
from clinic.i18n import mark

FOLDER = Path(__file__).parent / "calendars"
MONDAY, FRIDAY, SATURDAY, SUNDAY = 0, 4, 5, 6


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


@cache
def calendar_of(year: int) -> Calendar:
    """The calendar of that year. Raises NoCalendar when there is no file for it."""
    path = FOLDER / f"{year}.json"
    if not path.is_file():
        raise NoCalendar(year=year)
    data = json.loads(path.read_text("utf-8"))
    if data["year"] != year:
        raise ValueError(f"{path.name} is about {data['year']}")
    return Calendar(
        holidays=tuple(
            Holiday(
                row["zh"],
                row["en"],
                date.fromisoformat(row["first"]),
                date.fromisoformat(row["last"]),
            )
            for row in data["holidays"]
        ),
        adjusted_workdays=frozenset(map(date.fromisoformat, data["adjusted_workdays"])),
    )


def is_known(year: int) -> bool:
    """Whether there is a calendar of that year."""
    return (FOLDER / f"{year}.json").is_file()


def holiday_on(day: date) -> Holiday | None:
    """The public holiday that the day belongs to. Raises NoCalendar."""
    holidays = calendar_of(day.year).holidays
    return next((one for one in holidays if one.first <= day <= one.last), None)


def timetable(day: date, adjusted: Mapping[date, int | None]) -> int | None:
    """The weekday (Monday is 0) by whose timetable a centre works that day; None: it is shut.

    `adjusted` is what the centre decided for itself, and goes before everything: a weekday, or
    None for shut. Else a public holiday is shut, and a weekend day that is worked instead
    follows its neighbour, Saturday the Friday and Sunday the Monday (the notice names no
    timetable: unverified, each centre may set its own). Raises NoCalendar.
    """
    if day in adjusted:
        return adjusted[day]
    if holiday_on(day):
        return None
    if day in calendar_of(day.year).adjusted_workdays:
        return {SATURDAY: FRIDAY, SUNDAY: MONDAY}.get(day.weekday(), day.weekday())
    return day.weekday()
