"""Writes docs/database.md: every table with its columns, constraints and promises, from models and SQL files."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import CheckConstraint, Column, ForeignKey, Table, UniqueConstraint
from sqlalchemy.types import (
    JSON,
    Boolean,
    Date,
    DateTime,
    Double,
    Integer,
    LargeBinary,
    String,
    Text,
    Time,
)

from clinic.db import Base
from clinic.promises.files import HERE, SHARED, Promise, read

HEAD = """# The database

Made by `./dev docs` from the models and from `clinic/promises/`; a test holds that it is fresh. How a
migration changes it: [architecture](architecture.md).

A column holds something unless it is marked `?`; an arrow says which table's `id` it is; moments are UTC.
A **promise** is kept by the database itself, whoever writes: on PostgreSQL by EXCLUDE constraints and
triggers, on SQLite by triggers of the same name (with the event behind it, where one trigger cannot
serve several).
"""
KINDS = (  # the first that fits
    (Boolean, "yes/no"),
    (Date, "day"),
    (DateTime, "moment"),
    (Double, "double"),
    (Integer, "number"),
    (JSON, "JSON"),
    (LargeBinary, "bytes"),
    (Text, "text"),
    (String, "text {0.length}"),
    (Time, "time"),
)


def describe() -> str:
    """The whole document."""
    classes = {
        mapper.local_table: mapper.class_ for mapper in Base.registry.mappers if not mapper.inherits
    }
    parts = [HEAD]
    for room, tables in sorted(_rooms(classes).items()):
        parts += [f"## {room}\n", *(_table(table, classes.get(table)) for table in tables)]
    functions = "\n".join(
        f"- `{promise.name}`: {promise.says}" for promise in read(HERE, "postgresql", SHARED)
    )
    parts.append(f"## Functions that triggers share, on PostgreSQL\n\n{functions}\n")
    return "\n".join(parts)


def _rooms(classes: dict[Any, type]) -> dict[str, list[Table]]:
    """The tables by the room that has their models. A table without a class is with what it refers to."""
    rooms: dict[str, list[Table]] = {}
    for table in sorted(Base.metadata.tables.values(), key=lambda table: table.name):
        of_class = classes.get(table) or classes[next(iter(table.foreign_keys)).column.table]
        rooms.setdefault(of_class.__module__.split(".")[1], []).append(table)
    return rooms


def _table(table: Table, of_class: type | None) -> str:
    says = " ".join((of_class.__doc__ or "").split("\n\n")[0].split()) if of_class else ""
    columns = " · ".join(_column(column) for column in table.columns)
    lines = [*_constraints(table), *_promises(table.name)]
    text = [f"### {table.name}\n", *([f"{says}\n"] if says else []), f"{columns}\n"]
    return "\n".join([*text, *([*lines, ""] if lines else [])])


def _column(column: Column[Any]) -> str:
    optional = "?" if column.nullable else ""
    key: ForeignKey | None = next(iter(column.foreign_keys), None)
    if key is not None:
        return f"`{column.name}`{optional} → {key.column.table.name}"
    kind = getattr(column.type, "impl_instance", column.type)
    word = next(word.format(kind) for of_type, word in KINDS if isinstance(kind, of_type))
    return f"`{column.name}`{optional} {word}"


def _constraints(table: Table) -> Iterator[str]:
    """Keys and checks in the order of their names."""
    for constraint in sorted(table.constraints, key=lambda constraint: str(constraint.name)):
        if isinstance(constraint, CheckConstraint):
            yield f"- `{constraint.name}`: {' '.join(str(constraint.sqltext).split())}"
        elif isinstance(constraint, UniqueConstraint):
            yield f"- unique: {', '.join(column.name for column in constraint.columns)}"
    for index in sorted(table.indexes, key=lambda index: str(index.name)):
        if index.unique:
            where = index.dialect_options["postgresql"]["where"]
            only = "" if where is None else f", where {where}"
            columns = ", ".join(getattr(part, "name", str(part)) for part in index.expressions)
            yield f"- unique (`{index.name}`): {columns}{only}"


def _promises(table: str) -> Iterator[str]:
    on_sqlite = [promise.name for promise in read(HERE, "sqlite", table)]
    for promise in read(HERE, "postgresql", table):
        if promise.kind != "function":
            yield f"- **`{promise.name}`**: {promise.says}{_only(promise, on_sqlite)}"


def _only(promise: Promise, on_sqlite: list[str]) -> str:
    return "" if any(name.startswith(promise.name) for name in on_sqlite) else " (PostgreSQL only.)"
