"""Fixtures: a fresh database per test, copied from one that was migrated once, and a strict client."""

import shutil

import pytest
from flask.testing import FlaskClient
from flask_migrate import upgrade
from sqlalchemy import event

from clinic.app import create_app
from clinic.db import db

SETTINGS = {"TESTING": True, "SECRET_KEY": "test", "WTF_CSRF_ENABLED": False, "DEMO": True}


class Client(FlaskClient):
    """A browser that fails a GET that writes, and a request that forgets to commit."""

    def open(self, *args, **kwargs):
        db.session.commit()  # the test's own rows
        db.session.expire_all()  # a request must load what it needs, as it will in life
        db.session.info.clear()
        response = super().open(*args, **kwargs)
        request = f"{response.request.method} {response.request.path}"
        if db.session.info.get("unfinished"):
            pytest.fail(f"{request} changed rows and did not commit")
        if db.session.info.get("wrote") and response.request.method == "GET":
            pytest.fail(f"{request} wrote to the database")
        return response

    def sign_in(self, user):
        """This client, signed in as that user."""
        db.session.commit()
        with self.session_transaction() as session:
            session["_user_id"] = user.get_id()
            session["_fresh"] = True
        return self


@pytest.fixture(scope="session")
def migrated(tmp_path_factory):
    """The path of a SQLite database with all migrations and no rows."""
    path = tmp_path_factory.mktemp("template") / "clinic.sqlite3"
    app = create_app(SETTINGS | {"DATABASE_URL": f"sqlite:///{path}"})
    with app.app_context():
        upgrade()
        db.session.remove()
        db.engine.dispose()  # the last connection to close folds the write-ahead log into the file
    return path


@pytest.fixture
def app(migrated, tmp_path):
    """The site on a fresh SQLite file, with its context pushed."""
    path = tmp_path / "clinic.sqlite3"
    shutil.copy(migrated, path)
    app = create_app(SETTINGS | {"DATABASE_URL": f"sqlite:///{path}"})
    app.test_client_class = Client
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def client(app):
    return app.test_client()


@event.listens_for(db.session, "after_flush")
def _flushed(session, context):
    session.info["wrote"] = session.info["unfinished"] = True


@event.listens_for(db.session, "after_commit")
def _committed(session):
    session.info.pop("unfinished", None)


@event.listens_for(db.session, "after_rollback")
def _rolled_back(session):
    session.info.pop("unfinished", None)
