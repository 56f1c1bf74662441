"""All rows of a site's database, so that a world can be brought back and what changed be told."""

import sqlite3
from contextlib import closing

import psycopg

from tests.engines import database

# What every request may write: who looked, who is there, how often, which version pages have.
NOT_COUNTED = {
    "audit_events",
    "counters",
    "sent_forms",
    "sign_ins",
    "demo_messages",
    "sign_in_codes",
}
BOOKKEEPING = {"version", "saved_at", "saved_by_id"}  # columns of the last press of "save"


class SqliteRows:
    """The world in a file of its own, to be copied into the site's."""

    def __init__(self, file):
        self.file = file

    def restore(self, engine):
        with (
            closing(sqlite3.connect(self.file)) as source,
            closing(sqlite3.connect(engine.url.database)) as target,
        ):
            source.backup(target)

    def now(self, engine):
        with closing(sqlite3.connect(engine.url.database)) as connection:
            columns = connection.execute(
                "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c"
                " WHERE m.type = 'table' ORDER BY m.name, c.cid"
            )
            return {
                table: set(connection.execute(f"SELECT {', '.join(names)} FROM {table}"))
                for table, names in counted(columns.fetchall()).items()
            }


class PostgresRows:
    """The world as a database of its own, from which the site's is made anew."""

    def __init__(self, server, template):
        self.server, self.template = server, template

    def restore(self, engine):
        engine.dispose()
        database(self.server, engine.url.database, self.template)

    def now(self, engine):
        address = engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address) as connection:
            columns = connection.execute(
                "SELECT table_name, column_name FROM information_schema.columns"
                " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
            )
            return {
                table: {
                    row
                    for (row,) in connection.execute(
                        f'SELECT ROW({", ".join(names)})::text FROM "{table}"'
                    )
                }
                for table, names in counted(columns.fetchall()).items()
            }


def counted(columns):
    """Table → its columns, quoted, of all that counts."""
    tables = {}
    for table, column in columns:
        if table not in NOT_COUNTED and not table.endswith("versions"):
            tables.setdefault(table, []).extend(f'"{name}"' for name in {column} - BOOKKEEPING)
    return tables
