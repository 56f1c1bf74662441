"""What the database promises beside its tables, and how a test takes it away."""

from sqlalchemy import text

from clinic.db import db

TRIGGERS = "SELECT name, tbl_name FROM sqlite_master WHERE type = 'trigger'"
EXCLUSIONS = "SELECT conname, conrelid::regclass::text FROM pg_constraint WHERE contype = 'x'"
PG_TRIGGERS = (
    "SELECT tgname, tgrelid::regclass::text FROM pg_trigger"
    " WHERE NOT tgisinternal AND tgenabled = 'O'"
)


def is_sqlite():
    return db.engine.dialect.name == "sqlite"


def promises():
    """The names of the triggers and exclusions that the database has."""
    queries = [TRIGGERS] if is_sqlite() else [EXCLUSIONS, PG_TRIGGERS]
    return {row[0] for query in queries for row in db.session.execute(text(query))}


def drop_promises():
    """Take them all away: from here on only our Python stands between two families."""
    db.session.rollback()
    drops = (
        [(TRIGGERS, "DROP TRIGGER {0}")]
        if is_sqlite()
        else [
            (EXCLUSIONS, "ALTER TABLE {1} DROP CONSTRAINT {0}"),
            (PG_TRIGGERS, "DROP TRIGGER {0} ON {1}"),
        ]
    )
    for query, drop in drops:
        for row in db.session.execute(text(query)).all():
            db.session.execute(text(drop.format(*row)))
    db.session.execute(text("DROP INDEX uq_holds_live_offer"))
    db.session.commit()
