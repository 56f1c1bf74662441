"""Ids, days and times that come from outside, read once: of addresses, forms and files.

An id is bounded by what its column holds, a day by the years that the site can mean. What is
nothing of the kind is None; the page says what follows (404, its usual day, a sentence).
"""

import json
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from clinic import plain
from clinic.errors import DomainError
from clinic.sentences import mark

T = TypeVar("T")
LARGEST_ID = 2**31 - 1  # of an INTEGER column of PostgreSQL
FIRST_DAY, LAST_DAY = date(1900, 1, 1), date(2100, 12, 31)
MOST_IDS = 50
ID = re.compile(r"[0-9]{1,10}")
WRITTEN_DAY = re.compile(
    r"(?P<year>[0-9]{4})"
    r"(?:(?P<sign>[-/.])(?P<month>[0-9]{1,2})(?P=sign)(?P<day>[0-9]{1,2})"
    r"|年(?P<month_zh>[0-9]{1,2})月(?P<day_zh>[0-9]{1,2})[日号]?"
    r"|(?P<month_8>[0-9]{2})(?P<day_8>[0-9]{2}))"
)
CLOCK_BEHIND = re.compile(r"(?<=.{8})[T ]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$")
WRITTEN_TIME = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]{1,20})?")
WORD = re.compile(r"[A-Za-z0-9_.-]{1,80}")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class NotADay(DomainError):
    message = mark("Enter a day, as 2026-03-01.")


class NotATime(DomainError):
    message = mark("Enter a time, as 08:30.")


def an_id(text: str | None) -> int | None:
    """An id, or another whole number from 0 to what a column holds."""
    if text is None or not ID.fullmatch(text) or int(text) > LARGEST_ID:
        return None
    return int(text)


def id_of(args: MultiDict[str, str], name: str) -> int | None:
    """The id under this name in an address or a form."""
    return an_id(args.get(name))


def ids_of(args: MultiDict[str, str], name: str, most: int = MOST_IDS) -> list[int]:
    """The ids under this name, at most so many; what is no id is left out."""
    found = map(an_id, args.getlist(name)[:most])
    return [number for number in found if number is not None]


def a_number(text: str | None) -> int | None:
    """A whole number as people type it, below zero too; None if it is none."""
    try:
        return plain.whole(text or "")
    except DomainError:
        return None


def joined_ids(text: str | None, most: int) -> list[int]:
    """`12-13` as [12, 13]; empty if it is nothing of the kind or holds more than `most`."""
    parts = (text or "").split("-", most)
    found = [number for number in map(an_id, parts) if number is not None]
    return found if len(found) == len(parts) <= most else []


def a_day(text: str | None) -> date | None:
    """A day of the years 1900 to 2100, as `2026-11-06`, `20261106`, `2026/11/6`, `2026年11月6日`.

    A time of day behind it, as spreadsheets write it, is left out.
    """
    written = plain.sought(text or "")
    found = WRITTEN_DAY.fullmatch(CLOCK_BEHIND.sub("", written).replace(" ", ""))
    if not found:
        return None
    year, month, day = (
        int(part) for key, part in found.groupdict().items() if part and key != "sign"
    )
    try:
        read = date(year, month, day)
    except ValueError:
        return None
    return read if FIRST_DAY <= read <= LAST_DAY else None


def monday_of(text: str | None, otherwise: date) -> date:
    """The Monday of the week of that day, or of `otherwise` if it is no day."""
    day = a_day(text) or otherwise
    return day - timedelta(days=day.weekday())


def a_time(text: str | None) -> time | None:
    """A time of day, as `08:30` or `８：３０`."""
    found = WRITTEN_TIME.fullmatch(plain.sought(text or ""))
    if not found or int(found[1]) > 23 or int(found[2]) > 59:
        return None
    return time(int(found[1]), int(found[2]))


def day_or(text: str | None, otherwise: date) -> date:
    """The day that was typed, or `otherwise` where nothing was. NotADay."""
    if not text:
        return otherwise
    if (day := a_day(text)) is None:
        raise NotADay
    return day


def time_or(text: str | None, otherwise: time) -> time:
    """The time that was typed, or `otherwise` where nothing was. NotATime."""
    if not text:
        return otherwise
    if (wall := a_time(text)) is None:
        raise NotATime
    return wall


def a_moment(text: str | None) -> datetime | None:
    """A day and a time on the wall's clock, as `2026-03-02T08:30`; without a zone."""
    day, _, wall = (text or "").strip().replace(" ", "T").partition("T")
    on, at = a_day(day), a_time(wall)
    return datetime.combine(on, at) if on and at else None


def a_word(text: str | None) -> str:
    """A code, a key or a version of the site's own: letters, digits, `-`, `_` and `.`; else ""."""
    return text if text and WORD.fullmatch(text) else ""


def degrees(text: str | None, most: int) -> float | None:
    """A latitude (to 90) or a longitude (to 180)."""
    if not text or not DEGREES.fullmatch(text) or abs(float(text)) > most:
        return None
    return float(text)


def an_object(text: str | None) -> dict[str, str]:
    """What a page of ours put into a hidden field as JSON: texts by name; empty if it is none."""
    try:
        found = json.loads(text or "")
    except (ValueError, RecursionError):
        return {}
    known = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in known if isinstance(value, str)}


def pick(rows: Sequence[T], wanted: int | None) -> T | None:
    """The row of that id, if there is one."""
    return next((row for row in rows if row.id == wanted), None)  # type: ignore[attr-defined]
