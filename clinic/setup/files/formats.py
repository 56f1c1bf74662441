"""Tables in CSV and xlsx files, as rows of texts. Pure.

Excel in Chinese writes CSV as GBK, or as UTF-8 with a mark before it: both are read. A cell that a
spreadsheet would take for a formula is written with an apostrophe before it, which is read away.
"""

import csv
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import time

from openpyxl import Workbook, load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from clinic.errors import DomainError
from clinic.sentences import mark

FORMULA = ("=", "+", "-", "@", "\t", "\r", "'")
ENCODINGS = ("utf-8-sig", "gb18030")
MOST_ROWS = 20_000
MOST_BYTES = 100 * 1024 * 1024  # of an xlsx file, unpacked


class NotATable(DomainError):
    message = mark("%(file)s can be read neither as CSV nor as xlsx.")


class TooManyRows(DomainError):
    message = mark("%(file)s has more than %(most)s rows.")


@dataclass(frozen=True)
class Table:
    """A table of a file: the file's name (for xlsx with its sheet), and rows of cells, the header first."""

    name: str
    rows: tuple[tuple[str, ...], ...]


def tables_in(name: str, content: bytes) -> list[Table]:
    """The tables of a file; empty ones are left out. Raises NotATable, TooManyRows."""
    if content[:2] == b"PK":
        return [table for table in _of_xlsx(name, content) if table.rows]
    for encoding in ENCODINGS:
        try:
            said = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return _of_csv(name, said)
    raise NotATable(file=name)


def _of_csv(name: str, said: str) -> list[Table]:
    if "\0" in said:
        raise NotATable(file=name)
    first = said.partition("\n")[0]
    between = max(",;\t", key=first.count)
    try:
        rows = _bounded(name, csv.reader(io.StringIO(said), delimiter=between))
    except csv.Error as error:
        raise NotATable(file=name) from error
    return [Table(name, rows)] if rows else []


def _of_xlsx(name: str, content: bytes) -> Iterator[Table]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            if sum(part.file_size for part in packed.infolist()) > MOST_BYTES:
                raise NotATable(file=name)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (zipfile.BadZipFile, InvalidFileException, KeyError, ValueError) as error:
        raise NotATable(file=name) from error
    for sheet in book.worksheets:
        rows = (map(_cell, row) for row in sheet.iter_rows(values_only=True))
        yield Table(f"{name} {sheet.title}", _bounded(name, rows))


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float) and value == int(value):
        return str(int(value))
    return f"{value:%H:%M}" if isinstance(value, time) else str(value)


def _bounded(name: str, rows: Iterable[Iterable[str]]) -> tuple[tuple[str, ...], ...]:
    """Rows without apostrophes that only defuse a formula; empty ones at the end are left out."""
    found: list[tuple[str, ...]] = []
    for row in rows:
        if len(found) > MOST_ROWS:
            raise TooManyRows(file=name, most=MOST_ROWS)
        found.append(tuple(_without_defuse(cell) for cell in row))
    while found and not any(cell.strip() for cell in found[-1]):
        found.pop()
    return tuple(found)


def _without_defuse(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:2] in FORMULA and len(cell) > 1 else cell


def defused(cell: str) -> str:
    """The cell, so that no spreadsheet computes it."""
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def as_csv(rows: Iterable[Sequence[str]]) -> bytes:
    """A CSV file that Excel opens as it is: UTF-8 with its mark."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([defused(cell) for cell in row] for row in rows)
    return out.getvalue().encode("utf-8-sig")


def as_xlsx(tables: Iterable[tuple[str, Iterable[Sequence[str]]]]) -> bytes:
    """An xlsx file with a sheet for each of these tables."""
    book = Workbook(write_only=True)
    for name, rows in tables:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([defused(cell) for cell in row])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
