"""From a file of given doses, as a spreadsheet or another program saves it, to its rows. Pure.

A text in UTF-8, UTF-16 or GB18030 with commas, semicolons or tabs; or a spreadsheet (.xlsx). A
title above the columns' names is passed over. What cannot be read is named for what it is.
"""

import csv
import io
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from itertools import islice

from clinic.errors import DomainError
from clinic.plain import sought
from clinic.sentences import mark

MOST = 10_000  # rows
MOST_CELLS = 40  # of a row
HEAD = 10  # rows in which the columns' names are looked for
UNPACKED = 20_000_000  # bytes of a spreadsheet
LAST_ROW = 50_000  # of a sheet, empty ones counted
ZIP, OLD_EXCEL = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
BYTE_ORDER = (b"\xff\xfe", b"\xfe\xff")
SEPARATORS = ",;\t，|"
COLUMNS = {  # the first two are what the page names; then what other programs call them
    "name": (
        "姓名",
        "name",
        "儿童姓名",
        "孩子姓名",
        "受种者姓名",
        "受种人",
        "child",
        "child's name",
    ),
    "birth_date": ("出生日期", "birth date", "生日", "出生年月日", "date of birth", "birthday"),
    "vaccine": ("疫苗", "vaccine", "疫苗名称", "疫苗品种", "vaccine name"),
    "given_on": ("接种日期", "given on", "接种时间", "date given", "date"),
    "dose": ("剂次", "dose", "针次", "剂数", "dose number"),
    "lot": ("批号", "lot", "疫苗批号", "lot number", "batch"),
    "manufacturer": ("厂家", "manufacturer", "生产企业", "生产厂家", "厂商"),
}
NEEDED = ("name", "birth_date", "vaccine", "given_on", "dose")


class NoFile(DomainError):
    message = mark("Choose a file first.")


class WrongEncoding(DomainError):
    message = mark("This is not a text file in UTF-8 or GBK.")


class OldSpreadsheet(DomainError):
    message = mark("This is an old Excel file (.xls). Please save it as .xlsx or as CSV.")


class BadSpreadsheet(DomainError):
    message = mark("This spreadsheet cannot be read. Please save it as CSV and try again.")


class TooLargeUnpacked(DomainError):
    message = mark("This spreadsheet is too large. Keep one sheet with the rows to be imported.")


class SeveralSheets(DomainError):
    message = mark("Several sheets have these columns: %(sheets)s. Keep one of them.")


class NoColumns(DomainError):
    message = mark("No line of this file names the columns. The first line must be: %(columns)s.")


class WrongColumns(DomainError):
    message = mark("These columns are missing: %(columns)s.")


class NoRows(DomainError):
    message = mark("There is no row in this file.")


class TooManyRows(DomainError):
    message = mark("At most 10,000 rows at once, please. This file has more; divide it.")


class NotReadable(DomainError):
    message = mark("Line %(line)s cannot be read as CSV.")


@dataclass(frozen=True)
class FileRow:
    """A line of the file, counted from 1, and its cells by column. `is_longer` than the names."""

    line: int
    cells: Mapping[str, str]
    is_longer: bool = False


def text_of(content: bytes) -> str:
    """The file as text; of a spreadsheet the sheet with the columns, as CSV."""
    if not content:
        raise NoFile
    if content.startswith(ZIP):
        return _of_spreadsheet(content)
    if content.startswith(OLD_EXCEL):
        raise OldSpreadsheet
    wide = ("utf-16",) if content.startswith(BYTE_ORDER) else ()
    for encoding in (*wide, "utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise WrongEncoding


def rows_of(text: str) -> list[FileRow]:
    """The rows below the columns' names, empty ones left out.

    Raises NoColumns, WrongColumns, NoRows, TooManyRows or NotReadable.
    """
    separator, text = _separator(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[FileRow] = []
    try:
        places, width = _find_names(reader)
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append(_row(reader.line_num, cells, places, width))
            if len(rows) > MOST:
                raise TooManyRows
    except csv.Error as error:
        raise NotReadable(line=reader.line_num) from error
    if not rows:
        raise NoRows
    return rows


def _row(line: int, cells: Sequence[str], places: Mapping[str, int], width: int) -> FileRow:
    found = {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}
    return FileRow(line, found, any(cell.strip() for cell in cells[width:]))


def _separator(text: str) -> tuple[str, str]:
    """What stands between the cells: that by which most columns are found. Excel's `sep=;` says it."""
    first, end, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=;"):
        return first.strip()[-1], end + rest
    return max(SEPARATORS, key=lambda sign: _known_by(text, sign)), text


def _known_by(text: str, separator: str) -> int:
    try:
        head = list(islice(csv.reader(io.StringIO(text, newline=""), delimiter=separator), HEAD))
    except csv.Error:
        return 0
    return max((len(_places(cells)) for cells in head), default=0)


def _find_names(reader: Iterator[list[str]]) -> tuple[dict[str, int], int]:
    """Where each column is, and how many there are; the reader stands behind them."""
    best: dict[str, int] = {}
    for cells in islice(reader, HEAD):
        places = _places(cells)
        if places.keys() >= set(NEEDED):
            return places, len(cells)
        best = max(best, places, key=len)
    if not best:
        raise NoColumns(columns=", ".join(_shown(name) for name in NEEDED))
    missing = [_shown(name) for name in NEEDED if name not in best]
    raise WrongColumns(columns=", ".join(missing))


def _shown(column: str) -> str:
    chinese, english, *_others = COLUMNS[column]
    return f"{chinese} ({english})"


def _places(cells: Sequence[str]) -> dict[str, int]:
    names = [sought(cell).casefold().strip("*:： ") for cell in cells]
    return {
        column: next(names.index(name) for name in spellings if name in names)
        for column, spellings in COLUMNS.items()
        if any(name in names for name in spellings)
    }


def _of_spreadsheet(content: bytes) -> str:
    """The sheet that has the columns, as CSV with a line for each of its rows."""
    from openpyxl import load_workbook  # noqa: PLC0415 - a tenth of a process, seldom needed

    try:
        _must_be_small(content)
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = {sheet.title: _as_csv(sheet) for sheet in book.worksheets}
    except DomainError:
        raise
    except Exception as error:  # whatever a library says of a file that it did not write
        raise BadSpreadsheet from error
    fitting = [title for title, text in sheets.items() if _known_by(text, ",") >= len(NEEDED)]
    if len(fitting) > 1:
        raise SeveralSheets(sheets=", ".join(fitting))
    return sheets[fitting[0]] if fitting else next(iter(sheets.values()), "")


def _must_be_small(content: bytes) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(part.file_size for part in packed.infolist()) > UNPACKED:
            raise TooLargeUnpacked


def _as_csv(sheet: object) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    rows = sheet.iter_rows(max_col=MOST_CELLS, values_only=True)  # type: ignore[attr-defined]
    for number, cells in enumerate(rows):
        if number > LAST_ROW:
            raise TooLargeUnpacked
        writer.writerow([" ".join(_cell(cell).split()) for cell in cells])
    return out.getvalue()


def _cell(value: object) -> str:
    """A cell as people would type it."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time() else f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return f"{value:.0f}"
    return str(value)
