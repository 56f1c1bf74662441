"""What a CSV file of given doses would become, row by row, and what is wrong with it. Pure."""

import csv
import io
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from clinic.errors import DomainError
from clinic.i18n import mark
from clinic.vaccination.catalogue import vaccines
from clinic.vaccination.record import Entry, GivenTwice, check

MOST = 10_000  # rows
LONGEST = {"lot": 40, "manufacturer": 80}
COLUMNS = {  # each in either language; the first five must be there
    "name": ("姓名", "name"),
    "birth_date": ("出生日期", "birth date"),
    "vaccine": ("疫苗", "vaccine"),
    "given_on": ("接种日期", "given on"),
    "dose": ("剂次", "dose"),
    "lot": ("批号", "lot"),
    "manufacturer": ("厂家", "manufacturer"),
}
NEEDED = ("name", "birth_date", "vaccine", "given_on", "dose")
DAY = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")


class WrongEncoding(DomainError):
    message = mark("This is not a text file in UTF-8 or GBK.")


class WrongColumns(DomainError):
    message = mark("These columns are missing: %(columns)s.")


class NoRows(DomainError):
    message = mark("There is no row in this file.")


class TooManyRows(DomainError):
    message = mark("At most 10,000 rows at once, please. This file has more; divide it.")


class NotReadable(DomainError):
    message = mark("Line %(line)s cannot be read as CSV.")


class BadDay(DomainError):
    message = mark("Enter the day as 2025-03-01.")


class BadDose(DomainError):
    message = mark("The dose is a number from 1 to 9, or empty.")


class NobodyHere(DomainError):
    message = mark("No child of this name and birthday has a visit at your centre.")


class SeveralHere(DomainError):
    message = mark("Several children here have this name and birthday. Enter it by hand.")


class TooLong(DomainError):
    message = mark("That is too long.")


@dataclass(frozen=True)
class Row:
    """A line of the file (the first one is 1, the columns' names), its cells by column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True)
class Judged:
    """What a row becomes. `fault` is why it cannot be; `is_known`: it is on record already, and left out."""

    row: Row
    child_id: int | None = None
    entry: Entry | None = None
    fault: DomainError | None = None
    is_known: bool = False


def decoded(content: bytes) -> str:
    """The text of a file in UTF-8, or in GBK as spreadsheets here save it. Raises WrongEncoding."""
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise WrongEncoding


def rows_of(text: str) -> list[Row]:
    """The rows, empty ones left out. Raises WrongColumns, NoRows, TooManyRows or NotReadable."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[Row] = []
    try:
        places = _places(next(reader, []))
        for cells in reader:
            if any(cell.strip() for cell in cells):
                found = {
                    name: cells[at].strip() if at < len(cells) else ""
                    for name, at in places.items()
                }
                rows.append(Row(reader.line_num, found))
            if len(rows) > MOST:
                raise TooManyRows
    except csv.Error as error:
        raise NotReadable(line=reader.line_num) from error
    if not rows:
        raise NoRows
    return rows


def _places(header: Sequence[str]) -> dict[str, int]:
    names = [one.strip().casefold() for one in header]
    places = {
        column: names.index(name)
        for column, spellings in COLUMNS.items()
        for name in spellings
        if name in names
    }
    if missing := [COLUMNS[one][0] for one in NEEDED if one not in places]:
        raise WrongColumns(columns="、".join(missing))
    return places


def day_of(text: str) -> date:
    """`2025-03-01`, or as spreadsheets write it `2025/3/1`. Raises BadDay."""
    found = DAY.fullmatch(text)
    try:
        if found:
            return date(*(int(one) for one in found.groups()))
    except ValueError:
        pass
    raise BadDay


def vaccine_of(text: str) -> str:
    """The code of a vaccine named by code or by either name; what nobody knows stays as it is."""
    return _codes().get(_plain(text), text)


@cache
def _codes() -> Mapping[str, str]:
    return {
        _plain(name): one.code
        for one in vaccines().values()
        for name in (one.code, one.name_zh, one.name_en)
    }


def _plain(name: str) -> str:
    """As booklets write it: 五联 and 五联疫苗 are one."""
    return name.casefold().replace("（", "(").replace("）", ")").removesuffix("疫苗").strip()


def judge(
    rows: Sequence[Row],
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
    row: Row, child_of: Callable[[str, date], Collection[int]], today: date
) -> tuple[int, Entry]:
    cells = row.cells
    born, given_on = day_of(cells["birth_date"]), day_of(cells["given_on"])
    if cells["dose"] and cells["dose"] not in set("123456789"):
        raise BadDose
    if any(len(cells.get(name, "")) > most for name, most in LONGEST.items()):
        raise TooLong
    entry = Entry(
        vaccine_of(cells["vaccine"]), given_on, int(cells["dose"]) if cells["dose"] else None
    )
    check(entry, born, today)
    children = list(child_of(cells["name"], born))
    if not children:
        raise NobodyHere
    if len(children) > 1:
        raise SeveralHere
    return children[0], entry
