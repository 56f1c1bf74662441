"""The calendars of years: those that came with this release, and those read in since."""

import json
from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import JSON, ForeignKey, select
from sqlalchemy.orm import Mapped, mapped_column

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.days import Calendar, Calendars, Holiday, years_needed
from clinic.db import Base, db
from clinic.errors import DomainError
from clinic.sentences import mark

FOLDER = Path(__file__).parent / "calendars"
YEARS = range(2020, 2101)


class NotACalendar(DomainError):
    message = mark("This is not a year's calendar: %(fault)s.")


class YearIsKnown(DomainError):
    message = mark("The public holidays of %(year)s came with this release.")


class CalendarYear(Base):
    """A year's public holidays and worked weekends, as they were read in."""

    __tablename__ = "calendar_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    read_at: Mapped[datetime]
    read_by_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


@cache
def _released() -> Calendars:
    """The calendars of the folder `calendars`, one file a year."""
    files = sorted(FOLDER.glob("*.json"))
    read = [parsed(path.read_text("utf-8")) for path in files]
    return {data["year"]: calendar for data, calendar in read}


def parsed(text: str) -> tuple[dict[str, Any], Calendar]:
    """A year's file, as JSON and as a calendar. Raises NotACalendar, which says what is wrong."""
    try:
        data = json.loads(text)
        year, worked = data["year"], frozenset(map(date.fromisoformat, data["adjusted_workdays"]))
        holidays = tuple(
            Holiday(
                row["zh"],
                row["en"],
                date.fromisoformat(row["first"]),
                date.fromisoformat(row["last"]),
            )
            for row in data["holidays"]
        )
    except KeyError as missing:
        raise NotACalendar(fault=f"{missing} is missing") from missing
    except (TypeError, ValueError, AttributeError, RecursionError) as error:
        raise NotACalendar(fault=str(error)) from error
    _check(year, holidays, worked, data.get("source"))
    return data, Calendar(holidays, worked)


def _check(
    year: object, holidays: tuple[Holiday, ...], worked: frozenset[date], source: object
) -> None:
    if not isinstance(year, int) or year not in YEARS:
        raise NotACalendar(fault=f"year {year!r}")
    if not source:
        raise NotACalendar(fault="'source' is missing")
    if not holidays:
        raise NotACalendar(fault="no holidays")
    for holiday in holidays:
        if not holiday.first <= holiday.last or year not in (holiday.first.year, holiday.last.year):
            raise NotACalendar(fault=f"{holiday.name_en}: {holiday.first} to {holiday.last}")
    for day in sorted(worked):
        if day.year != year:
            raise NotACalendar(fault=f"{day} is not in {year}")
        if any(holiday.first <= day <= holiday.last for holiday in holidays):
            raise NotACalendar(fault=f"{day} is a holiday and worked")


def calendars(years: Iterable[int]) -> Calendars:
    """The calendars of those of these years that are known. At most one query, mostly none."""
    wanted = set(years)
    found = {year: calendar for year, calendar in _released().items() if year in wanted}
    if missing := wanted - set(found):
        rows = db.session.scalars(select(CalendarYear).where(CalendarYear.year.in_(missing)))
        for row in rows:
            found[row.year] = parsed(json.dumps(row.data))[1]
    return found


def released_years() -> frozenset[int]:
    """The years that came with this release."""
    return frozenset(_released())


def known_years() -> Calendars:
    """Every year whose calendar is known. One query."""
    read = {
        row.year: parsed(json.dumps(row.data))[1]
        for row in db.session.scalars(select(CalendarYear))
    }
    return read | dict(_released())


def calendars_between(first: date, last: date) -> Calendars:
    """The known calendars of the years from the first day to the last."""
    return calendars(range(first.year, last.year + 1))


def missing_years(today: date) -> tuple[int, ...]:
    """The years whose calendar should be here by now and is not."""
    needed = years_needed(today)
    return tuple(sorted(set(needed) - set(calendars(needed))))


def add_year(text: str, *, by: Person, now: datetime) -> int:
    """Read in a year's calendar, or a better one of a year that was read in. Flushes.

    Returns the year. Raises NotACalendar and YearIsKnown.
    """
    data, _ = parsed(text)
    year = int(data["year"])
    if year in _released():
        raise YearIsKnown(year=year)
    row = db.session.get(CalendarYear, year) or CalendarYear(year=year)
    row.data, row.read_at, row.read_by_id = data, now, by.id
    db.session.add(row)
    db.session.flush()
    audit.record("read_calendar", ("calendar_years", year), by=by.id, now=now)
    return year
