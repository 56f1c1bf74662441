"""An application on the database that the server will use too."""

import pytest

from clinic.app import create_app
from clinic.db import db
from tests.conftest import SETTINGS
from tests.serving import SECRET


def application(url):
    """Ours, with its context pushed."""
    app = create_app(SETTINGS | {"DATABASE_URL": url, "SECRET_KEY": SECRET})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def race(request, fresh):
    yield from application(fresh(request.param))


@pytest.fixture
def sqlite_race(fresh):
    yield from application(fresh("sqlite"))


@pytest.fixture
def postgres_race(fresh):
    yield from application(fresh("postgresql"))
