"""A copy of what is kept of a family: as a spreadsheet to read, or as JSON for a machine."""

import io
import json
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Any

from openpyxl import Workbook
from sqlalchemy import RowMapping, select

from clinic.accounts.models import Person
from clinic.clock import local
from clinic.db import db
from clinic.families.models import Child
from clinic.families.numbers import NUMBERS
from clinic.families.queries import children_of
from clinic.privacy.holdings import Holding, found, holdings
from clinic.sealing import CannotBeRead

FORMULA = ("=", "+", "-", "@", "\t", "\r")
SHEET_NAME = 31  # letters, the most that a spreadsheet takes

Copy = dict[str, list[dict[str, Any]]]


def copy_of(user: Person) -> Copy:
    """All rows about the user and the children in their care, by table; keys and hashes left out."""
    child_ids = [child.id for child in children_of(user)]
    theirs, childrens = found("users", [user.id]), found("children", child_ids)
    copied = {}
    for name, holding in holdings().items():
        rows = {_identity(holding, row): row for row in (*theirs[name], *childrens[name])}
        copied[name] = [_shown(holding, row) for row in rows.values()]
    _add_numbers(copied["children"])
    return copied


def _identity(holding: Holding, row: RowMapping) -> tuple[Any, ...]:
    return tuple(row[column.name] for column in holding.table.primary_key)


def _shown(holding: Holding, row: RowMapping) -> dict[str, Any]:
    return {name: _plain(value) for name, value in row.items() if name not in holding.left_out}


def _plain(value: Any) -> Any:
    """As JSON has it; a moment in the clinics' time, with its zone."""
    if isinstance(value, datetime):
        return local(value).isoformat(timespec="minutes")
    return value.isoformat() if isinstance(value, date | time) else value


def _add_numbers(children: list[dict[str, Any]]) -> None:
    """The identity and certificate numbers, which the database keeps sealed."""
    ids = [child["id"] for child in children]
    rows = {row.id: row for row in db.session.scalars(select(Child).where(Child.id.in_(ids)))}
    for child in children:
        for number in NUMBERS:
            try:
                child[number] = getattr(rows[child["id"]], number)
            except CannotBeRead:
                child[number] = None


def as_json(copied: Copy) -> bytes:
    """The copy for a machine, in UTF-8."""
    return json.dumps(copied, ensure_ascii=False, indent=1, default=str).encode()


def as_spreadsheet(copied: Copy, language: str) -> bytes:
    """The copy as a workbook: a sheet for each table that has rows, with its name in that language."""
    book = Workbook(write_only=True)
    for name, holding in holdings().items():
        if copied[name]:
            sheet = book.create_sheet(_sheet_name(holding, language))
            columns = list(copied[name][0])
            sheet.append(columns)
            for row in copied[name]:
                sheet.append([_cell(row[column]) for column in columns])
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet_name(holding: Holding, language: str) -> str:
    return (holding.name_zh if language == "zh" else holding.name_en)[:SHEET_NAME]


def _cell(value: Any) -> Any:
    """What a cell shows; a text that would be a formula is quoted."""
    if isinstance(value, Mapping | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA):
        return "'" + value
    return value
