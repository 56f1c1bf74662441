"""What the rows of a file of given doses would become, and what is wrong with each. Pure."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from clinic import plain
from clinic.errors import DomainError
from clinic.outside import a_day
from clinic.sentences import mark
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.record.files import FileRow
from clinic.vaccination.record.rules import Entry, GivenTwice, check

LONGEST = {"lot": 40, "manufacturer": 80}
# A spreadsheet's number of a day, counted from here; those of 1970 to 2100.
SPREADSHEETS_BEGIN = date(1899, 12, 30)
DAY_NUMBER = re.compile(r"([0-9]{5})(\.[0-9]+)?")
DAY_NUMBERS = range(25_569, 73_416)
DAY_LAST = re.compile(r"([0-9]{1,2})([-/.])([0-9]{1,2})\2([0-9]{4})")
DOSE = re.compile(r"(?:第|dose|no\.?)?([1-9])(?:\.0+)?(?:剂次?|针次?|剂针|st|nd|rd|th)?(?:dose)?")
CHINESE_DIGITS = str.maketrans("一二三四五六七八九", "123456789")
ROUNDED = re.compile(r"[0-9.]+e\+[0-9]+", re.IGNORECASE)


class BadDay(DomainError):
    message = mark("Enter the day as 2025-03-01.")


class TwoDays(DomainError):
    message = mark("%(typed)s can be read as two different days. Write it as %(example)s.")


class BadDose(DomainError):
    message = mark("The dose is a number from 1 to 9, or empty.")


class RoundedLot(DomainError):
    message = mark("The spreadsheet has rounded this lot number (%(lot)s). Type it as text.")


class MoreCells(DomainError):
    message = mark("This line has more cells than there are columns: a separator stands in a text.")


class NobodyHere(DomainError):
    message = mark("No child of this name and birthday has a visit at your centre.")


class SeveralHere(DomainError):
    message = mark("Several children here have this name and birthday. Enter it by hand.")


class TooLong(DomainError):
    message = mark("That is too long.")


@dataclass(frozen=True)
class Judged:
    """What a row becomes. `fault` is why it cannot be; `is_known`: it is on record already, and left out."""

    row: FileRow
    child_id: int | None = None
    entry: Entry | None = None
    fault: DomainError | None = None
    is_known: bool = False


def day_of(text: str) -> date:
    """A day in any way in which it can be no other: also as a spreadsheet's number, or 25/12/2025.

    Raises BadDay; TwoDays for 06/11/2025.
    """
    if day := a_day(text):
        return day
    typed = plain.sought(text)
    if (found := DAY_NUMBER.fullmatch(typed)) and int(found[1]) in DAY_NUMBERS:
        return SPREADSHEETS_BEGIN + timedelta(days=int(found[1]))
    if found := DAY_LAST.fullmatch(typed):
        first, second, year = found[1], found[3], found[4]
        both = a_day(f"{year}-{second}-{first}"), a_day(f"{year}-{first}-{second}")
        days = {day for day in both if day}
        if len(days) > 1:
            raise TwoDays(typed=typed, example=both[0].isoformat() if both[0] else "")
        if days:
            return days.pop()
    raise BadDay


def dose_of(text: str) -> int | None:
    """`1`, `1.0`, `第1剂`, `第一针`; None where nothing stands. Raises BadDose."""
    typed = plain.sought(text).casefold().replace(" ", "").translate(CHINESE_DIGITS)
    if not typed:
        return None
    found = DOSE.fullmatch(typed)
    if not found:
        raise BadDose
    return int(found[1])


def lot_of(text: str) -> str:
    """A lot's number. Raises RoundedLot for 2.02E+08, TooLong."""
    if ROUNDED.fullmatch(text):
        raise RoundedLot(lot=text)
    return _short(plain.number_of_a_lot(text), "lot")


def manufacturer_of(text: str) -> str:
    """Who made it. Raises TooLong."""
    return _short(plain.line(text), "manufacturer")


def _short(text: str, column: str) -> str:
    if len(text) > LONGEST[column]:
        raise TooLong
    return text


def vaccine_of(text: str) -> str:
    """The code of a vaccine named by code or by either name; what nobody knows stays as it is."""
    return _codes().get(_bare(text), text)


@cache
def _codes() -> Mapping[str, str]:
    return {
        _bare(name): vaccine.code
        for vaccine in vaccines().values()
        for name in (vaccine.code, vaccine.name_zh, vaccine.name_en)
    }


def _bare(name: str) -> str:
    """As booklets write it: 五联 and 五联疫苗 are one."""
    return plain.sought(name).casefold().replace(" ", "").removesuffix("疫苗")


def judge(
    rows: Sequence[FileRow],
    child_of: Callable[[str, date], Collection[int]],
    known: Collection[tuple[int, str, date]],
    today: date,
) -> list[Judged]:
    """Every row: whose dose it is and which, or its fault. `child_of` finds children by name and birthday.

    `known` is what is on record: child, vaccine, day.
    """
    seen: set[tuple[int, str, date]] = set()
    judged = []
    for row in rows:
        try:
            child_id, entry = _judge(row, child_of, today)
            key = (child_id, entry.vaccine, entry.given_on)
            if key in seen:
                raise GivenTwice
            seen.add(key)
            judged.append(Judged(row, child_id, entry, is_known=key in known))
        except DomainError as fault:
            judged.append(Judged(row, fault=fault))
    return judged


def _judge(
    row: FileRow, child_of: Callable[[str, date], Collection[int]], today: date
) -> tuple[int, Entry]:
    if row.is_longer:
        raise MoreCells
    cells = row.cells
    born, given_on = day_of(cells["birth_date"]), day_of(cells["given_on"])
    lot_of(cells.get("lot", ""))
    manufacturer_of(cells.get("manufacturer", ""))
    entry = Entry(vaccine_of(cells["vaccine"]), given_on, dose_of(cells["dose"]))
    check(entry, born, today)
    children = list(child_of(plain.name(cells["name"]), born))
    if not children:
        raise NobodyHere
    if len(children) > 1:
        raise SeveralHere
    return children[0], entry
