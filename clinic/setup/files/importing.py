"""Set-up files read in as they were shown, all or nothing. Verbs flush; the caller commits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.sentences import mark
from clinic.setup.files.formats import Table
from clinic.setup.files.planning import Action, Plan, PlannedRow, plan
from clinic.setup.files.sheets import SHEETS, References, Sheet, references

DOES = (Action.MAKE, Action.CHANGE)


class SomethingWrong(DomainError):
    message = mark("Nothing is done as long as a row is wrong.")


def apply(tables: Sequence[Table], version: str, *, by: Person | None, now: datetime) -> Plan:
    """Do what was shown under that version. Raises SomethingWrong, or NotAsShown."""
    shown = plan(tables)
    if shown.version != version:
        raise NotAsShown
    if shown.is_wrong:
        raise SomethingWrong
    known = references()
    for sheet in SHEETS:
        planned = [row for row in shown.rows if row.sheet is sheet and row.action in DOES]
        for row in planned:
            db.session.add_all(_do(row, known))
        db.session.flush()
        for code in sorted({row.values.get("centre", "") for row in planned}):
            rows = [row for row in planned if row.values.get("centre", "") == code]
            _note(sheet, rows, known.centres.get(code), by=by, now=now)
    db.session.flush()
    return shown


def _do(row: PlannedRow, known: References) -> list[Any]:
    """The rows that it makes."""
    if row.action is Action.MAKE:
        made = row.sheet.make(row.values, known)
        return made if isinstance(made, list) else [made]
    row.sheet.change(row.row, {cell.column: row.values[cell.column] for cell in row.cells}, known)
    return []


def _note(
    sheet: Sheet,
    rows: Sequence[PlannedRow],
    centre: Centre | None,
    *,
    by: Person | None,
    now: datetime,
) -> None:
    """An event for each file and centre: what it made, and which fields of what it changed."""
    made = [row.name for row in rows if row.action is Action.MAKE]
    changed = {
        row.name: [cell.column for cell in row.cells] for row in rows if row.action is Action.CHANGE
    }
    audit.record(
        "import",
        centre or (sheet.name, None),
        by=by.id if by else None,
        now=now,
        centre_id=centre.id if centre else None,
        file=sheet.name,
        made=made,
        changed=changed,
    )
