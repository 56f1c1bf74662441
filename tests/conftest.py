"""Fixtures: a fresh database per test, copied from one that was migrated once, and a strict client."""

import os
import shutil
from collections import deque
from datetime import timedelta
from itertools import count

import pytest
import time_machine
from flask import g
from flask.testing import FlaskClient
from flask_migrate import upgrade
from hypothesis import settings
from sqlalchemy import event, update

from clinic import clock
from clinic.accounts.models import SignIn
from clinic.accounts.sign_ins import NOTED_EVERY, PARENTS_MAY_REST, hash_of, token_of
from clinic.app import create_app
from clinic.audit.looks import Lately
from clinic.db import db
from clinic.demo_mark import mark_as_demo
from tests.engines import at, database, throwaway_postgres
from tests.forms import HTMX
from tests.looks import text_in, unnoted
from tests.makes import NOON, sign_in
from tests.pages import Page, check_by_hand

# The same examples in every run: a suite may not fail by chance. `--hypothesis-profile=search`
# looks for new ones.
settings.register_profile("gate", derandomize=True)
settings.register_profile("search", max_examples=20_000, deadline=None)
settings.load_profile("gate")

pytest_plugins = ["tests.parts"]

ENGINE = os.environ.get("ENGINE", "sqlite")  # of the tests that need only one
SETTINGS = {"TESTING": True, "SECRET_KEY": "test", "DEMO": True, "DEMO_RENEWS": False}


class Client(FlaskClient):
    """A browser that fails a GET that writes, a request that forgets to commit, and a look at a
    child by staff that is not on the trail.

    A form is taken from its page (`page`). What is posted by hand instead needs no token, but may
    not name a field that the form which this browser was shown last does not have.
    """

    looks_are_noted = True  # or nobody asks: that reads all children
    pressed_at = None  # when whoever is signed in here was last seen; None if nobody cares

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.seen = deque(maxlen=20)  # pages, the last one first

    def open(self, *args, shown=None, tampered=False, **kwargs):
        """`shown`: this POST is a form of a page. `tampered`: it is meant to be what no page sends."""
        db.session.commit()  # the test's own rows
        db.session.expire_all()  # a request must load what it needs, as it will in life
        db.session.info.clear()
        for name in list(g):  # the test's context is the request's too
            g.pop(name)
        self._press()
        sent = text_in(kwargs.get("data"))
        by_hand = kwargs.get("method") == "POST" and not shown
        if by_hand and not tampered:
            check_by_hand(self.seen, args[0], kwargs.get("data") or {})
        self.application.config["WTF_CSRF_ENABLED"] = not by_hand
        response = super().open(*args, **kwargs)
        if response.mimetype == "text/html":
            self.seen.appendleft(Page(self, response))
        request = f"{response.request.method} {response.request.path}"
        if db.session.info.get("unfinished") or db.session.info.get("left"):
            pytest.fail(f"{request} changed rows and did not commit")
        if db.session.info.get("wrote") and response.request.method == "GET":
            pytest.fail(f"{request} wrote to the database")
        who = g.get("_login_user") if self.looks_are_noted else None
        if who and (names := unnoted(who, response, sent)):
            pytest.fail(f"{request} shows {names} to staff, and nothing is on the trail")
        return response

    def page(self, address, *, status=200, htmx=False, headers=None, **asking):
        """The page at that address, or the part of it that HTMX gets; any answer if `status` is None."""
        headers = (HTMX if htmx else {}) | (headers or {})
        page = Page(self, self.get(address, headers=headers, **asking))
        if status is not None and page.status != status:
            pytest.fail(f"{page!r} instead of {status}, {page.location or page.words[:300]}")
        return page

    def sign_in(self, user):
        """This client, signed in as that user."""
        db.session.commit()
        with self.session_transaction() as session:
            session.update(*sign_in(user))
        self.pressed_at = clock.now()
        return self

    def _press(self):
        """Whoever was signed in by `sign_in` is busy with the site, however the clock was turned."""
        if self.pressed_at and clock.now() - self.pressed_at >= NOTED_EVERY[True]:
            self.pressed_at = clock.now()
            self.was_there(self.pressed_at)

    def was_there(self, moment):
        """This client, which pressed something at that moment, and nothing since."""
        db.session.commit()
        with self.session_transaction() as session:
            if "sign_in" not in session:
                return  # its cookie is over, by a clock that was turned
            this = SignIn.key_hash == hash_of(token_of(session["sign_in"]))
        with db.engine.connect().execution_options(of_the_test=True) as own, own.begin():
            own.execute(update(SignIn).where(this).values(used_at=moment, present_at=moment))

    def forget(self):
        """This client, its sign-in expired: nobody pressed anything for longer than it is good."""
        self.was_there(clock.now() - PARENTS_MAY_REST - timedelta(days=1))
        self.pressed_at = None
        return self


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """The path of a SQLite database with all migrations and no rows."""
    path = tmp_path_factory.mktemp("template") / "clinic.sqlite3"
    app = create_app(SETTINGS | {"DATABASE_URL": f"sqlite:///{path}"})
    with app.app_context():
        upgrade()
        mark_as_demo(NOON)
        db.session.commit()
        db.session.remove()
        db.engine.dispose()  # the last connection to close folds the write-ahead log into the file
    return path


@pytest.fixture(scope="session")
def postgres(request):
    """The address of a PostgreSQL server with a migrated database named `template`."""
    if request.config.getoption("quick"):
        pytest.fail("this test is not quick: `heavy` says so, or a fixture by its name")
    with throwaway_postgres() as url:
        app = create_app(SETTINGS | {"DATABASE_URL": database(url, "template")})
        with app.app_context():
            upgrade()
            mark_as_demo(NOON)
            db.session.commit()
            db.session.remove()
            db.engine.dispose()
        yield url


_databases = count(1)


@pytest.fixture
def fresh(request, tmp_path):
    """Makes a migrated database on the engine of that name, and gives its address."""

    def make(engine):
        if engine == "postgresql":
            server = request.getfixturevalue("postgres")
            return database(server, f"test{next(_databases)}", template="template")
        path = tmp_path / f"clinic{next(_databases)}.sqlite3"
        shutil.copy(request.getfixturevalue("migrated"), path)
        return f"sqlite:///{path}"

    return make


def forget(app, connections):
    """What a process remembers of a database it remembers by its engine, or by the site: all of that goes."""
    db.engines[None] = connections.execution_options()
    app.extensions["once"].made.clear()
    app.extensions["noted_lately"] = Lately()


class Sites:
    """One site for each engine, made once: every test gets it with a database that is new.

    What a site builds at its first use (routes, templates, statements) is most of a short test.
    """

    def __init__(self, folder, migrated, server):
        self.path, self.migrated, self.server = folder / "clinic.sqlite3", migrated, server
        self.made = {}

    def fresh(self, engine, rows=None):
        """Yield the site, its context pushed, with no rows, or with those that `keep` gave."""
        if engine not in self.made:
            self.made[engine] = self._make(engine)
        app, config, connections = self.made[engine]
        self._renew(engine, rows)
        app.config.clear()
        app.config.update(config)
        clock.use_zone(app.config["CLINIC_ZONE"])
        with app.app_context():
            forget(app, connections)
            yield app
            db.session.remove()
            db.engine.dispose()

    def _make(self, engine):
        self._renew(engine)
        url = f"sqlite:///{self.path}" if engine == "sqlite" else at(self.server(), "site")
        app = create_app(SETTINGS | {"DATABASE_URL": url})
        app.test_client_class = Client
        app.after_request(remember_unfinished)  # before the site's own, which may roll back
        with app.app_context():
            return app, dict(app.config), db.engine

    def keep(self, engine, folder):
        """The rows as they are, for `fresh`: a file in that folder, or a database. Nobody is connected."""
        if engine == "postgresql":
            database(self.server(), "kept", template="site")
            return "kept"
        return shutil.copy(self.path, folder / "clinic.sqlite3")

    def _renew(self, engine, rows=None):
        if engine == "postgresql":
            database(self.server(), "site", template=rows or "template")
            return
        for old in self.path.parent.glob(f"{self.path.name}*"):
            old.unlink()
        shutil.copy(rows or self.migrated, self.path)


@pytest.fixture(scope="session")
def sites(request, migrated, tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    return Sites(folder, migrated, lambda: request.getfixturevalue("postgres"))


@pytest.fixture
def app(sites):
    """The site on a fresh database, with its context pushed: on SQLite, or what ENGINE says."""
    yield from sites.fresh(ENGINE)


@pytest.fixture(params=["sqlite", "postgresql"])
def both(request, sites):
    """The site, once on each engine."""
    yield from sites.fresh(request.param)


@pytest.fixture
def noon():
    """It is NOON, and stays so."""
    with time_machine.travel(NOON, tick=False):
        yield NOON


@pytest.fixture
def client(app):
    return app.test_client()


def remember_unfinished(response):
    """Whether the view left anything undone; an error page undoes it itself."""
    db.session.info["left"] = bool(db.session.info.get("unfinished"))
    return response


@event.listens_for(db.session, "after_flush")
def _flushed(session, context):
    session.info["wrote"] = session.info["unfinished"] = True


@event.listens_for(db.session, "do_orm_execute")
def _executed(asked):
    if asked.is_insert or asked.is_update or asked.is_delete:
        asked.session.info["wrote"] = asked.session.info["unfinished"] = True


@event.listens_for(db.session, "after_commit")
def _committed(session):
    session.info.pop("unfinished", None)


@event.listens_for(db.session, "after_rollback")
def _rolled_back(session):
    session.info.pop("unfinished", None)
