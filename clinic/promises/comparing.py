"""Compares what a database promises with what the files say."""

from sqlalchemy import Connection, text

from clinic.promises.files import HERE, read, tables_with_promises
from clinic.promises.installing import install_from

# Kind, table, name, definition of all that is there.
CATALOGUE = {
    "sqlite": "SELECT 'trigger', tbl_name, name, sql FROM sqlite_master WHERE type = 'trigger'",
    "postgresql": """
        SELECT 'trigger', tgrelid::regclass::text, tgname, tgenabled::text || pg_get_triggerdef(oid)
        FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL
        SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)
        FROM pg_constraint WHERE contype = 'x'
        UNION ALL
        SELECT 'function', '', proname, pg_get_functiondef(oid) FROM pg_proc
        WHERE pronamespace = 'public'::regnamespace
            AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')""",
}


def differences(connection: Connection) -> list[str]:
    """What the database promises otherwise than the files say, a line each; it stays as it is.

    The files are installed and taken back, so that the engine itself spells both alike. On PostgreSQL
    this keeps the tables locked meanwhile.
    """
    engine = connection.dialect.name
    there = catalogue(connection)
    named = set()
    installed = connection.begin_nested()
    for table in tables_with_promises(HERE, engine):
        promises = read(HERE, engine, table)
        named |= {(promise.kind, promise.name) for promise in promises}
        install_from(connection, promises, table)
    meant = {key: sql for key, sql in catalogue(connection).items() if (key[0], key[2]) in named}
    installed.rollback()
    return [
        f"{_what(key)} {_how(key in there, key in meant)}"
        for key in sorted({*there, *meant})
        if there.get(key) != meant.get(key)
    ]


def catalogue(connection: Connection) -> dict[tuple[str, str, str], str]:
    """The definition of everything promised, by kind, table and name."""
    found = connection.execute(text(CATALOGUE[connection.dialect.name]))
    return {(kind, table, name): sql for kind, table, name, sql in found}


def _what(key: tuple[str, str, str]) -> str:
    kind, table, name = key
    return f"{kind} {name} of {table}" if table else f"{kind} {name}"


def _how(is_there: bool, is_meant: bool) -> str:
    if is_there and is_meant:
        return "differs from its file"
    return "stands in no file" if is_there else "is missing"
