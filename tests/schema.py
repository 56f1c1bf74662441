"""What a database is made of, read from the engine; `python -m tests.schema` holds both engines to the files.

A migrated database must have the tables of the models and the promises of `clinic/promises`.
"""

import sys
import tempfile
import warnings
from pathlib import Path

from flask_migrate import upgrade
from sqlalchemy import inspect, text

from clinic import promises
from clinic.app import create_app
from clinic.db import Base, db
from clinic.promises.comparing import catalogue
from tests.engines import database, throwaway_postgres

OPTIONS = (
    "SELECT name, upper(sql) LIKE '%AUTOINCREMENT%', upper(sql) LIKE '%WITHOUT ROWID%'"
    " FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
)


def tables_of(connection):
    """Columns, keys, constraints and indexes of each table, whatever their order."""
    with warnings.catch_warnings():  # SQLite cannot say what an index on an expression is of
        warnings.filterwarnings(
            "ignore", "Skipped unsupported reflection of expression-based index"
        )
        return _tables_of(connection)


def _tables_of(connection):
    look = inspect(connection)
    keys = look.get_multi_foreign_keys()
    for key in (key for of_table in keys.values() for key in of_table):
        key["name"] = None  # SQLite forgets those that came with a column
    parts = [
        look.get_multi_columns(),
        look.get_multi_unique_constraints(),
        look.get_multi_check_constraints(),
        look.get_multi_indexes(),
        {table: [key] for table, key in look.get_multi_pk_constraint().items()},
        keys,
    ]
    found = {}
    for table in look.get_table_names():
        rows = [row for part in parts for row in part.get((None, table), [])]
        # An EXCLUDE constraint has an index of its name; it is a promise.
        rows = [row for row in rows if not str(row["name"]).startswith("ex_")]
        found[table] = sorted(" ".join(_spelled(row).split()) for row in rows)
    found.pop("alembic_version", None)
    if connection.dialect.name == "sqlite":
        found |= {f"{name}'s ways": ways for name, *ways in connection.execute(text(OPTIONS))}
        found.pop("alembic_version's ways", None)
    return found


def _spelled(row):
    if isinstance(row, dict):
        return repr(sorted((key, _spelled(value)) for key, value in row.items()))
    return str(row)


def everything(connection):
    """The tables and the promises."""
    return tables_of(connection) | catalogue(connection)


def tables_of_models(connection):
    """The tables as the models make them, in a database that had none and has none after it."""
    Base.metadata.create_all(connection)
    made = tables_of(connection)
    connection.rollback()
    return made


def differences(url, empty):
    """How a database that is migrated now, at that address, differs from models and files, in lines.

    `empty` is the address of another one that stays empty.
    """
    settings = {"TESTING": True, "SECRET_KEY": "test"}
    with create_app(settings | {"DATABASE_URL": url}).app_context():
        upgrade()
        with db.engine.connect().execution_options(writes=True) as connection:
            tables, found = tables_of(connection), promises.differences(connection)
        db.engine.dispose()
    with create_app(settings | {"DATABASE_URL": empty}).app_context():
        with db.engine.connect().execution_options(writes=True) as connection:
            of_models = tables_of_models(connection)
        db.engine.dispose()
    different = [name for name in {*tables, *of_models} if tables.get(name) != of_models.get(name)]
    return [f"table {name} is not as its model" for name in sorted(different)] + found


def main():
    with tempfile.TemporaryDirectory() as folder:
        pairs = {"SQLite": [f"sqlite:///{Path(folder) / name}" for name in ("a", "b")]}
        found = [f"SQLite: {line}" for line in differences(*pairs["SQLite"])]
    try:
        with throwaway_postgres() as server:
            pair = [database(server, name) for name in ("a", "b")]
            found += [f"PostgreSQL: {line}" for line in differences(*pair)]
    except OSError as error:
        print(f"no PostgreSQL could be started, so it was not compared: {error}", file=sys.stderr)
    print("\n".join(found) or "They agree.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
