"""What the database holds of a child or a user: `holdings.toml`, and the rows that it leads to."""

import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import RowMapping, Table, or_, select

from clinic.db import Base, db

FILE = Path(__file__).with_name("holdings.toml")
OF_STAFF = "of_staff"
WITH_IT = "with it"
MOST = 500  # ids in one statement


@dataclass(frozen=True)
class Holding:
    """One table of `holdings.toml`, which explains the fields."""

    table: Table
    name_zh: str
    name_en: str
    through: Mapping[str, str] = field(default_factory=dict)
    kept: str = ""
    since: str = ""
    own: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def is_own(self, row: RowMapping) -> bool:
        """Whether the family made this row itself, and no centre stands behind it."""
        return bool(self.own) and all(row[column] is None for column in self.own)


@cache
def _file() -> dict[str, Any]:
    return tomllib.loads(FILE.read_text("utf-8"))


def of_staff() -> dict[str, str]:
    """The tables that hold nothing of a family, each with what they say of staff."""
    return dict(_file()[OF_STAFF])


@cache
def holdings() -> dict[str, Holding]:
    """Every table that holds something of a family, by name; those that others point to come first."""
    said = {name: entry for name, entry in _file().items() if name != OF_STAFF}
    return {
        table.name: _holding(table, said[table.name])
        for table in Base.metadata.sorted_tables
        if table.name in said
    }


def _holding(table: Table, said: dict[str, Any]) -> Holding:
    return Holding(
        table,
        said["name_zh"],
        said["name_en"],
        through=said.get("through", {}),
        kept=said.get("kept", ""),
        since=said.get("since", ""),
        own=tuple(said.get("own", ())),
        left_out=tuple(said.get("left_out", ())),
    )


Found = dict[str, list[RowMapping]]


def found(start: str, ids: Collection[int]) -> Found:
    """The rows of the table `start` with these ids, and all that hang on them, by table.

    As many statements as there are tables, however many rows.
    """
    rows: Found = {}
    for name, holding in holdings().items():
        if name == start:
            rows[name] = list(_rows(holding.table, {"id": ids}))
        else:
            above = {
                column: [row["id"] for row in rows[parent]]
                for parent, column in holding.through.items()
                if rows.get(parent)
            }
            rows[name] = list(_rows(holding.table, above)) if above else []
    return rows


def _rows(table: Table, wanted: Mapping[str, Collection[int]]) -> Iterator[RowMapping]:
    """The rows in which one of these columns has one of these values, in the order of their keys."""
    fits = [
        table.c[column].in_(list(values)[at : at + MOST])
        for column, values in wanted.items()
        for at in range(0, len(values), MOST)
    ]
    if fits:
        yield from db.session.execute(
            select(table).where(or_(*fits)).order_by(*table.primary_key)
        ).mappings()
