"""How Alembic reaches the database: through the app, with foreign keys off while tables are rebuilt."""

from alembic import context
from alembic.util import CommandError
from flask import current_app

from clinic.revisions import why_not

migrate = current_app.extensions["migrate"]


def run() -> None:
    """Run the migrations in one transaction, and check SQLite's foreign keys after it."""
    engine = migrate.db.engine
    with engine.connect().execution_options(writes=True) as connection:
        sqlite = connection.dialect.name == "sqlite"
        if sqlite:
            # Rebuilding a parent table with foreign keys on would delete its children. The
            # setting is ignored inside a transaction, so it goes to the driver directly.
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
        context.configure(
            connection=connection,
            target_metadata=migrate.db.metadata,
            **migrate.configure_args,
        )
        for revision in context.get_context().get_current_heads():
            if refusal := why_not(revision):
                raise CommandError(refusal)
        with context.begin_transaction():
            context.run_migrations()
            if sqlite and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
                raise RuntimeError(f"the migration broke foreign keys: {broken[:5]}")
        if sqlite:
            connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=ON")


run()
