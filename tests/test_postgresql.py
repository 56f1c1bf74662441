"""What a connection to PostgreSQL keeps, and how one that was lost is noticed."""

import psycopg
import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.exc import OperationalError

from clinic import postgresql
from clinic.app import create_app
from clinic.db import db
from tests.conftest import SETTINGS

pytestmark = pytest.mark.heavy("PostgreSQL")
ASKED = text("SELECT name_zh FROM centres WHERE id = :id")
PREPARED = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%name_zh FROM%'")
OFTEN = 8  # psycopg prepares what was asked five times


@pytest.fixture
def site(fresh):
    app = create_app(SETTINGS | {"DATABASE_URL": fresh("postgresql")})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def ask_often(engine):
    """One connection asks the same, each time in a transaction that is undone; whether it is prepared."""
    with engine.connect() as connection:
        for number in range(OFTEN):
            connection.execute(ASKED, {"id": number})
            connection.rollback()
        return connection.scalar(PREPARED) == 1


def test_what_was_prepared_outlasts_a_rollback(site):
    assert ask_often(db.engine)


def test_its_twin_that_is_not_tuned_forgets_it(site):
    plain = create_engine(db.engine.url)
    assert not ask_often(plain)
    plain.dispose()


def test_a_rollback_undoes_also_what_was_refused(site):
    with db.engine.connect() as connection:
        connection.execute(text("CREATE TEMPORARY TABLE things (id int)"))
        with pytest.raises(psycopg.errors.UndefinedColumn):
            connection.connection.cursor().execute("SELECT nothing FROM centres")
        connection.rollback()
        assert connection.scalar(text("SELECT to_regclass('things')")) is None


def cut(connection):
    """The server ends its side."""
    pid = connection.connection.dbapi_connection.info.backend_pid
    other = create_engine(db.engine.url)
    with other.connect() as elsewhere:
        elsewhere.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
    other.dispose()


def test_a_rollback_over_a_lost_connection_says_so(site):
    with db.engine.connect() as connection:
        connection.execute(ASKED, {"id": 1})
        cut(connection)
        with pytest.raises(psycopg.OperationalError):
            connection.connection.dbapi_connection.rollback()
        connection.invalidate()


def ask_after_it_left():
    """What a connection answers whose server went while it was in the pool."""
    with db.engine.connect() as connection:
        cut(connection)
    with db.engine.connect() as connection:
        return connection.scalar(text("SELECT 1"))


def test_a_connection_whose_server_said_goodbye_is_not_used_again(site):
    assert ask_after_it_left() == 1


def test_one_that_rested_is_tried_even_if_nothing_was_heard(site, monkeypatch):
    monkeypatch.setattr(postgresql, "_has_news", lambda _: False)
    monkeypatch.setattr(postgresql, "RESTED", -1)
    assert ask_after_it_left() == 1


def test_its_twin_that_neither_listens_nor_tries_uses_it(site, monkeypatch):
    monkeypatch.setattr(postgresql, "_has_news", lambda _: False)
    with pytest.raises(OperationalError):
        ask_after_it_left()
