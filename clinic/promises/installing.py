"""Installs promises in a database, from files, inside the caller's transaction."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy import Connection, text

from clinic.promises.files import SHARED, Promise, folder_of, read, tables_at

SQLITE_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
SQLITE_TABLE = "SELECT upper(sql) FROM sqlite_master WHERE type = 'table' AND name = :table"
TRIGGERS = """
    SELECT tgname FROM pg_trigger
    WHERE tgrelid = to_regclass('public.' || :table) AND NOT tgisinternal"""
EXCLUSIONS = """
    SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE conrelid = to_regclass('public.' || :table) AND contype = 'x'"""
FUNCTIONS = """
    SELECT oid::regprocedure::text FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
        AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')"""


def install(connection: Connection, *tables: str, at: str) -> None:
    """Give these tables, or all if none is named, the promises that they had at that revision.

    `functions` names the functions that several tables share. What a table had before is dropped.
    """
    engine = connection.dialect.name
    for table in tables or tables_at(engine, at):
        folder = folder_of(table, engine, at)
        install_from(connection, read(folder, engine, table) if folder else [], table)


def install_from(connection: Connection, promises: Collection[Promise], table: str) -> None:
    """Give the table these promises, and none beside them.

    An EXCLUDE constraint that is there already stays: its index takes long to build.
    """
    stays = {promise.name for promise in promises if _is_there(connection, promise)}
    if table != SHARED:
        drop(connection, table, but=stays)
    for promise in promises:
        if promise.name not in stays:
            _run(connection, promise.sql)
        if connection.dialect.name == "postgresql":
            _run(connection, _comment(promise))


def drop(connection: Connection, table: str, *, but: Collection[str] = ()) -> None:
    """Take away the table's triggers, the functions of their names, and its EXCLUDE constraints `but` those."""
    if connection.dialect.name == "sqlite":
        of_table = f"{SQLITE_TRIGGERS} AND tbl_name = :table"
        for trigger in _first(connection, of_table, table=table):
            _run(connection, f"DROP TRIGGER {trigger}")
        return
    for trigger in _first(connection, TRIGGERS, table=table):
        _run(connection, f"DROP TRIGGER {trigger} ON {table}")
        _run(connection, f"DROP FUNCTION IF EXISTS {trigger}()")
    for constraint in _first(connection, EXCLUSIONS, table=table):
        if constraint not in but:
            _run(connection, f"ALTER TABLE {table} DROP CONSTRAINT {constraint}")


def drop_functions(connection: Connection) -> None:
    """Take away every function, where no table is left that calls one."""
    if connection.dialect.name == "postgresql":
        for function in _first(connection, FUNCTIONS):
            _run(connection, f"DROP FUNCTION {function}")


@contextmanager
def batch(table: str, **options: Any) -> Iterator[BatchOperations]:
    """`op.batch_alter_table` that loses no promise.

    SQLite makes the table anew for it: the triggers of the old one go with it, those of other tables
    that speak of it stop it, and AUTOINCREMENT and WITHOUT ROWID are forgotten.
    """
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        with op.batch_alter_table(table, **options) as operations:
            yield operations
        return
    made = connection.scalar(text(SQLITE_TABLE), {"table": table}) or ""
    own = {
        "sqlite_autoincrement": "AUTOINCREMENT" in made,
        "sqlite_with_rowid": "WITHOUT ROWID" not in made,
    }
    triggers = connection.execute(text(SQLITE_TRIGGERS)).all()
    for name, _ in triggers:
        _run(connection, f"DROP TRIGGER {name}")
    with op.batch_alter_table(table, table_kwargs=own, **options) as operations:
        yield operations
    for _, sql in triggers:
        _run(connection, sql)


def _is_there(connection: Connection, promise: Promise) -> bool:
    """Whether it is an EXCLUDE constraint that the table has, word for word."""
    if promise.kind != "constraint":
        return False
    found = connection.execute(text(EXCLUSIONS), {"table": promise.table})
    rule = promise.sql.partition(f" {promise.name}")[2].rstrip(";")
    return (promise.name, " ".join(rule.split())) in {(name, there) for name, there in found}


def _comment(promise: Promise) -> str:
    """Its comment, for whoever looks at the table with `psql`."""
    of_table = "" if promise.kind == "function" else f" ON {promise.table}"
    says = promise.says.replace("'", "''")
    return f"COMMENT ON {promise.kind} {promise.name}{of_table} IS '{says}'"


def _first(connection: Connection, query: str, **values: str) -> list[str]:
    return list(connection.execute(text(query), values).scalars())


def _run(connection: Connection, statement: str) -> None:
    """The statement as it stands: its colons and per cent signs mean nothing to the driver."""
    connection.exec_driver_sql(statement, execution_options={"no_parameters": True})
