"""Set-up files read in: what each row would make or change, and what is wrong with it. It writes nothing."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from clinic.centres.districts import find_district
from clinic.errors import DomainError
from clinic.sentences import mark
from clinic.services.room import rooms
from clinic.setup.files.columns import Column
from clinic.setup.files.formats import Table
from clinic.setup.files.sheets import SHEETS, Key, Sheet, Values, references


class UnknownTable(DomainError):
    message = mark("%(file)s: its first row names the columns of none of the files of set-up.")


class LacksColumns(DomainError):
    message = mark("These columns are missing: %(columns)s.")


class NoSuchCentre(DomainError):
    message = mark("There is no centre of this code, in the files or on record.")


class NoSuchService(DomainError):
    message = mark("There is no service of this code, in the files or on record.")


class NoSuchDistrict(DomainError):
    message = mark("There is no district of this name.")


class NoSuchKind(DomainError):
    message = mark("There is no such kind of service.")


class TwiceInFile(DomainError):
    message = mark("The same is said in line %(line)s already.")


class AgesSwapped(DomainError):
    message = mark("The last age must not lie before the first.")


class NotByFile(DomainError):
    message = mark(
        "This cannot be changed by a file, for families may be booked: use the page, which shows whom "
        "it concerns."
    )


class NotOfferedThere(DomainError):
    message = mark("The centre does not offer: %(services)s.")


class TakesAway(DomainError):
    message = mark("What somebody gives is not taken away by a file: %(services)s is missing here.")


class Action(StrEnum):
    """What becomes of a row."""

    MAKE = "make"
    CHANGE = "change"
    KEEP = "keep"
    WRONG = "wrong"


@dataclass(frozen=True)
class Cell:
    """A cell that is wrong, with what is said about it, or that changes: what it said before."""

    column: str
    text: str = ""
    before: str = ""
    why: DomainError | None = None


@dataclass(frozen=True)
class PlannedRow:
    """What becomes of a row: the file, its line there (the header is line 1), and its cells."""

    table: str
    sheet: Sheet
    line: int
    action: Action
    values: Values
    cells: tuple[Cell, ...] = ()
    row: Any = None  # on record

    @property
    def name(self) -> str:
        return " · ".join(str(self.values.get(key, "")) for key in self.sheet.key)


@dataclass
class Plan:
    """What files would do. `version` stands for exactly this."""

    rows: list[PlannedRow] = field(default_factory=list)
    refused: list[DomainError] = field(default_factory=list)  # whole tables
    passed_over: list[str] = field(default_factory=list)  # the list of staff

    @property
    def version(self) -> str:
        told = [
            (row.sheet.name, row.line, row.action, sorted(map(repr, row.values.items())), row.cells)
            for row in self.rows
        ]
        return hashlib.sha256(repr((told, self.refused)).encode()).hexdigest()[:16]

    def number(self, action: Action) -> int:
        return sum(row.action is action for row in self.rows)

    @property
    def is_wrong(self) -> bool:
        return bool(self.refused) or any(row.action is Action.WRONG for row in self.rows)


def plan(tables: Iterable[Table]) -> Plan:
    """What these tables would do, in whichever order they come. It writes nothing."""
    done, found = Plan(), []
    for table in tables:
        sheet = _sheet_of(table)
        if _is_of_staff(table.rows[0]):
            done.passed_over.append(table.name)
        elif sheet is None:
            done.refused.append(UnknownTable(file=table.name))
        else:
            found.append((SHEETS.index(sheet), table))
    known = _Known()
    for number, table in sorted(found, key=lambda pair: pair[0]):
        done.rows += _rows(SHEETS[number], table, known)
    return done


def _sheet_of(table: Table) -> Sheet | None:
    """Which file it is: the one with most of its columns; of several, the one that its name names."""
    found = {sheet.name: _places(sheet, table.rows[0]).keys() for sheet in SHEETS}
    fitting = [sheet for sheet in SHEETS if set(sheet.key) <= found[sheet.name]]
    most = max((len(found[sheet.name]) for sheet in fitting), default=0)
    fitting = [sheet for sheet in fitting if len(found[sheet.name]) == most]
    if len(fitting) > 1:
        fitting = [sheet for sheet in fitting if sheet.name in table.name.lower()]
    return fitting[0] if fitting else None


def _is_of_staff(header: Sequence[str]) -> bool:
    """Whether it is the list of staff, who come by invitation and not by a file."""
    names = {cell.strip().lower() for cell in header}
    return any({"role", "角色", "角色 role"} & {name} for name in names)


def _places(sheet: Sheet, header: Sequence[str]) -> dict[str, int]:
    """Where each column stands."""
    names = [cell.strip().lower() for cell in header]
    return {
        column.key: number
        for column in sheet.columns
        for number, name in enumerate(names)
        if name in column.names
    }


class _Known:
    """What rows may speak of: what is on record, and what earlier files would make."""

    def __init__(self) -> None:
        known = references()
        self.centres, self.services = set(known.centres), set(known.services)
        self.offers = set(next(sheet for sheet in SHEETS if sheet.name == "offers").load())

    def add(self, sheet: Sheet, key: Key) -> None:
        if sheet.name in ("centres", "services"):
            getattr(self, sheet.name).add(key[0])
        elif sheet.name == "offers":
            self.offers.add(key)


def _rows(sheet: Sheet, table: Table, known: _Known) -> list[PlannedRow]:
    places, on_record = _places(sheet, table.rows[0]), sheet.load()
    lines: dict[Key, int] = {}
    found = []
    for line, cells in enumerate(table.rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        values, wrong = _read(sheet, places, cells)
        key = sheet.key_of(values) if set(sheet.key) <= values.keys() else None
        if key in lines:
            wrong.append(Cell(sheet.key[-1], why=TwiceInFile(line=lines[key])))
        before, row = on_record.get(key, (None, None)) if key else (None, None)
        wrong += _beyond_cells(sheet, values, before, known)
        if key is not None:
            lines.setdefault(key, line)
            if not wrong:
                known.add(sheet, key)
        found.append(_planned(sheet, table.name, line, values, before, row, wrong))
    return found


def _read(sheet: Sheet, places: dict[str, int], cells: Sequence[str]) -> tuple[Values, list[Cell]]:
    """What the cells say; a column that the file does not have says nothing."""
    values, wrong = {}, []
    for column in sheet.columns:
        if column.key not in places:
            continue
        number = places[column.key]
        typed = cells[number] if number < len(cells) else ""
        try:
            values[column.key] = column.value(typed)
        except DomainError as refused:
            wrong.append(Cell(column.key, typed[:80], why=refused))
    return values, wrong


def _beyond_cells(sheet: Sheet, values: Values, before: Values | None, known: _Known) -> list[Cell]:
    """What is wrong with cells that can be read."""
    found: list[tuple[str, DomainError]] = []
    centre, service = values.get("centre"), values.get("service")
    if sheet.name != "centres" and centre is not None and centre not in known.centres:
        found.append(("centre", NoSuchCentre()))
    if sheet.name == "offers" and service is not None and service not in known.services:
        found.append(("service", NoSuchService()))
    if "district" in values and find_district(values["district"]) is None:
        found.append(("district", NoSuchDistrict()))
    if "kind" in values and values["kind"] not in {room.kind for room in rooms()}:
        found.append(("kind", NoSuchKind()))
    if values.get("max_age_months", 999) < values.get("min_age_months", 0):
        found.append(("max_age_months", AgesSwapped()))
    if before is not None:
        stay = sorted(sheet.fixed & values.keys())
        found += [(name, NotByFile()) for name in stay if before[name] != values[name]]
    if sheet.name == "practitioners" and "services" in values:
        found += _about_services(values, before, known)
    return [Cell(name, _column(sheet, name).show(values[name]), why=why) for name, why in found]


def _about_services(
    values: Values, before: Values | None, known: _Known
) -> list[tuple[str, DomainError]]:
    found: list[tuple[str, DomainError]] = []
    given = set(values["services"])
    elsewhere = sorted(code for code in given if (values.get("centre"), code) not in known.offers)
    if elsewhere:
        found.append(("services", NotOfferedThere(services=", ".join(elsewhere))))
    if before and (gone := sorted(set(before["services"]) - given)):
        found.append(("services", TakesAway(services=", ".join(gone))))
    return found


def _column(sheet: Sheet, key: str) -> Column:
    return next(column for column in sheet.columns if column.key == key)


def _planned(
    sheet: Sheet,
    table: str,
    line: int,
    values: Values,
    before: Values | None,
    row: Any,
    wrong: list[Cell],
) -> PlannedRow:
    if not wrong and before is None:
        missing = [
            column for column in sheet.columns if column.is_required and column.key not in values
        ]
        if missing:
            names = ", ".join(column.key for column in missing)
            wrong = [Cell(missing[0].key, why=LacksColumns(columns=names))]
        else:
            values = _whole(sheet, values)
    if wrong:
        return PlannedRow(table, sheet, line, Action.WRONG, values, tuple(wrong), row)
    if before is None:
        is_closed = "hours" in values and not values["hours"]  # as it is without the row
        return PlannedRow(table, sheet, line, Action.KEEP if is_closed else Action.MAKE, values)
    changed = tuple(
        Cell(name, _column(sheet, name).show(value), _column(sheet, name).show(before[name]))
        for name, value in values.items()
        if before[name] != value
    )
    action = Action.CHANGE if changed else Action.KEEP
    return PlannedRow(table, sheet, line, action, values, changed, row)


def _whole(sheet: Sheet, values: Values) -> Values:
    """A new row, with what an empty cell says where the file lacks a column."""
    return {
        column.key: values.get(column.key, column.read(""))
        if column.key not in values
        else values[column.key]
        for column in sheet.columns
    }
