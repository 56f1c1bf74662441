"""Statements that are sent all day: compiled once for an engine, then handed to its driver as they are.

SQLAlchemy looks a statement up each time, prepares for every kind of value and wraps the answer,
which takes five to ten times the CPU of the driver; a booking sends a dozen statements.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Float, event
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import Session, SessionTransaction
from sqlalchemy.types import TypeEngine

from clinic.db import db
from clinic.driver import send

Process = Callable[[Any], Any]  # of a value, on its way to the driver or from it
MOST_SHAPES = 100  # texts of one statement in memory; then it begins anew


class _Bind(NamedTuple):
    """Where the driver's next value comes from: a name, and of a list that it names the place."""

    name: str
    place: int | None
    process: Process | None


class _Compiled(NamedTuple):
    text: str
    binds: Sequence[_Bind]
    names: Sequence[str] | None  # of the driver's values; None where they come in their order
    constants: Mapping[str, Any]
    make_row: Callable[[Sequence[Any]], Any]
    results: Sequence[tuple[int, Process]]  # columns that are not as the driver says them


class Prepared:
    """A statement over plain columns. Its values are named as its `bindparam`s, an insert's as its columns.

    It runs in the session's transaction, sees what is not flushed yet, and raises what the session
    would. Loaded objects do not learn what it changes.
    """

    def __init__(self, statement: Any) -> None:
        self.statement = statement
        self._compiled: dict[tuple[object, ...], _Compiled] = {}

    def all(self, **values: Any) -> list[Any]:
        """Its rows, as named tuples; none of a statement that returns nothing."""
        connection = _connection()
        dialect = connection.dialect
        # Lists of other lengths, and inserts of other columns, are other texts.
        shape = (dialect.name, *values, *[len(v) for v in values.values() if type(v) is list])
        compiled = self._compiled.get(shape)
        if compiled is None:
            if len(self._compiled) >= MOST_SHAPES:
                self._compiled.clear()
            compiled = self._compiled[shape] = _compile(self.statement, dialect, values)
        if compiled.constants:
            values = {**compiled.constants, **values}
        return _send(connection, compiled, values)

    def first(self, **values: Any) -> Any:
        """Its first row, or None."""
        rows = self.all(**values)
        return rows[0] if rows else None

    def one(self, **values: Any) -> Any:
        """Its row. Raises NoResultFound."""
        rows = self.all(**values)
        if not rows:
            raise NoResultFound
        (row,) = rows
        return row

    def scalars(self, **values: Any) -> list[Any]:
        """The first column of its rows."""
        return [row[0] for row in self.all(**values)]


@event.listens_for(db.session, "after_begin")
def _begun(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    session.info["connection"] = connection


def _connection() -> Connection:
    """The connection of the session's transaction, with what was not flushed yet.

    Asked of the session each time, it takes longer than many a statement. A savepoint begins when
    the session is asked for its connection, so within one it is asked.
    """
    session = db.session()
    session.flush()
    connection: Connection | None = session.info.get("connection")
    if connection and connection.in_transaction() and not session.get_nested_transaction():
        return connection
    return session.connection()


def _send(connection: Connection, compiled: _Compiled, values: Mapping[str, Any]) -> list[Any]:
    sent: Any = []
    for name, place, process in compiled.binds:
        value = values[name] if place is None else values[name][place]
        sent.append(process(value) if process else value)
    if compiled.names is not None:
        sent = dict(zip(compiled.names, sent, strict=True))
    found = send(connection, compiled.text, sent)
    if not compiled.results:
        return [compiled.make_row(row) for row in found]
    return [compiled.make_row(_read(row, compiled.results)) for row in found]


def _read(row: Sequence[Any], results: Sequence[tuple[int, Process]]) -> list[Any]:
    values = list(row)
    for number, process in results:
        values[number] = process(values[number])
    return values


def _compile(statement: Any, dialect: Dialect, values: Mapping[str, Any]) -> _Compiled:
    """The statement for these values, and for others of the same shape."""
    assert not any(isinstance(value, tuple | set | frozenset) for value in values.values())
    columns = list(statement.exported_columns)
    if statement.is_insert and not columns:
        statement = statement.inline()  # else PostgreSQL returns the new id
    compiled = statement.compile(
        dialect=dialect, column_keys=None if statement.is_select else list(values)
    )
    state = compiled.construct_expanded_state(dict(values))
    in_lists = {
        driver_name: (name, place)
        for name, driver_names in state.parameter_expansion.items()
        for place, driver_name in enumerate(driver_names)
    }
    driver_names = state.positiontup or list(state.parameters)
    binds = []
    for driver_name in driver_names:
        name, place = in_lists.get(driver_name, (driver_name, None))
        process = compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)
        if name not in values:  # a constant of the statement, or of a list in it
            name, place = driver_name, None
        binds.append(_Bind(name, place, process))
    constants = {name: value for name, value in state.parameters.items() if name not in values}
    for column in compiled.insert_prefetch:
        assert column.default.is_scalar, f"a value for {column} each time"
        constants[column.key] = column.default.arg
    results = [
        (number, process)
        for number, column in enumerate(columns)
        if (process := _reader(column.type, dialect))
    ]
    row = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]
    names = None if state.positiontup else driver_names
    return _Compiled(state.statement, binds, names, constants, row._make, results)


def _reader(column_type: TypeEngine[Any], dialect: Dialect) -> Process | None:
    """How a value of that type is read from what the driver says; None if it is that already."""
    if isinstance(column_type, Float):  # SQLAlchemy would look at the type of each answer
        return None
    return column_type.dialect_impl(dialect).result_processor(dialect, None)
