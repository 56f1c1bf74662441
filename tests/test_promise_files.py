"""The SQL files of promises: they say what the database has, and whoever changes it by hand is found."""

import re
from pathlib import Path

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from clinic import promises
from clinic.db import db
from clinic.promises.comparing import catalogue
from clinic.promises.describing import describe
from clinic.promises.files import HERE, SHARED, read, tables_with_promises, uncopied
from tests.schema import tables_of

ENGINES = ("sqlite", "postgresql")
DOCUMENT = Path(__file__).parent.parent / "docs" / "database.md"


def all_promises(engine):
    return [p for table in tables_with_promises(HERE, engine) for p in read(HERE, engine, table)]


@pytest.mark.parametrize("engine", ENGINES)
def test_each_says_what_it_promises_and_is_named_for_its_table(engine):
    for promise in all_promises(engine):
        assert promise.says.endswith("."), promise.name
        if promise.table != SHARED:
            assert re.match(f"(ex_)?{promise.table}_", promise.name), promise.name
            if promise.kind != "function":
                assert re.search(rf"(ON|TABLE) {promise.table}\b", promise.sql), promise.name


def test_both_engines_promise_the_same_by_the_same_names():
    """On SQLite a name may have the event behind it. What it has no need of is named here."""
    ours = {promise.name for promise in all_promises("sqlite")}
    theirs = {p.name for p in all_promises("postgresql") if p.kind != "function"}
    assert [name for name in ours if not any(name.startswith(one) for one in theirs)] == []
    only = {name for name in theirs if not any(one.startswith(name) for one in ours)}
    assert only == {"holds_lock_stock"}


def test_the_document_is_fresh():
    is_fresh = DOCUMENT.read_text("utf-8") == describe()
    assert is_fresh, "run ./dev docs"


def test_migrations_have_copies_of_the_files():
    newer = uncopied(at="9999")
    assert newer == [], "run flask --app wsgi promises copy <the revision of your migration>"


def found(statement=None):
    """What differs after that statement."""
    with db.engine.connect().execution_options(writes=True) as connection:
        before = catalogue(connection)
        if statement:
            connection.exec_driver_sql(statement)
            before = catalogue(connection)
        lines = promises.differences(connection)
        assert catalogue(connection) == before
        return lines


def test_the_database_promises_what_the_files_say(both):
    assert found() == []


TOUCHED = {
    "sqlite": {
        "DROP TRIGGER places_stay": "trigger places_stay of places is missing",
        "CREATE TRIGGER more AFTER INSERT ON users BEGIN DELETE FROM users; END": (
            "trigger more of users stands in no file"
        ),
        "DROP TRIGGER slots_update_search\n\n"
        "CREATE TRIGGER slots_update_search AFTER UPDATE ON slots BEGIN SELECT 1; END": (
            "trigger slots_update_search of slots differs from its file"
        ),
    },
    "postgresql": {
        "DROP TRIGGER places_stay ON places": "trigger places_stay of places is missing",
        "ALTER TABLE places DISABLE TRIGGER places_count": (
            "trigger places_count of places differs from its file"
        ),
        "CREATE TRIGGER more BEFORE DELETE ON users FOR EACH ROW EXECUTE FUNCTION refuse()": (
            "trigger more of users stands in no file"
        ),
        "CREATE OR REPLACE FUNCTION places_count() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN RETURN NULL; END $$": "function places_count differs from its file",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'": (
            "function more stands in no file"
        ),
        "ALTER TABLE appointments DROP CONSTRAINT ex_appointments_child": (
            "constraint ex_appointments_child of appointments is missing"
        ),
        "ALTER TABLE appointments DROP CONSTRAINT ex_appointments_child\n\n"
        "ALTER TABLE appointments ADD CONSTRAINT ex_appointments_child EXCLUDE USING gist"
        " (child_id WITH =, tstzrange(starts_at, ends_at) WITH &&) WHERE (done_at IS NULL)": (
            "constraint ex_appointments_child of appointments differs from its file"
        ),
    },
}


def test_what_is_changed_by_hand_is_found(both):
    for statements, line in TOUCHED[db.engine.dialect.name].items():
        with db.engine.connect().execution_options(writes=True) as connection:
            for statement in statements.split("\n\n"):
                connection.exec_driver_sql(statement)
            assert promises.differences(connection) == [line]
            connection.rollback()


def test_the_command_says_it_and_fails(both):
    check = both.test_cli_runner().invoke
    assert check(args=["promises", "check"]).exit_code == 0
    table = "" if db.engine.dialect.name == "sqlite" else " ON places"
    db.session.execute(text(f"DROP TRIGGER places_stay{table}"))
    db.session.commit()
    answer = check(args=["promises", "check"])
    assert (answer.exit_code, answer.output) == (1, "trigger places_stay of places is missing\n")


@pytest.mark.parametrize("table", ["holds", "slot_services", "places", "appointments"])
@pytest.mark.parametrize("is_broken", [False, True], ids=["batch", "twin"])
def test_a_table_that_is_made_anew_keeps_its_promises(both, table, is_broken):
    """On SQLite. The twin says only what Alembic says, and loses some or is stopped."""
    with (
        db.engine.connect().execution_options(writes=True) as connection,
        Operations.context(MigrationContext.configure(connection)) as operations,
    ):
        before = tables_of(connection)
        batch = operations.batch_alter_table if is_broken else promises.batch
        is_sqlite = connection.dialect.name == "sqlite"
        try:
            with batch(table, recreate="always" if is_sqlite else "auto"):
                pass
            kept = promises.differences(connection) == [] and tables_of(connection) == before
        except OperationalError:  # a trigger of another table speaks of it
            kept = False
        assert kept == (not is_broken or not is_sqlite)
        connection.rollback()
