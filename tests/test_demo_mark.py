"""The demo, and what works without a secret, touch no database but the demo's."""

from contextlib import contextmanager

import pytest
from sqlalchemy import text

from clinic.app import create_app
from clinic.config import UnsafeConfig
from clinic.db import db
from clinic.server import must_be_local
from tests.conftest import SETTINGS
from tests.makes import make_user

REAL = {"DEMO": False}


@contextmanager
def site(url, **settings):
    """A site on that database, its context pushed."""
    app = create_app(SETTINGS | {"DATABASE_URL": url} | settings)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def first_row(url, **settings):
    """What a site with these settings finds in that database: a user's name, or none."""
    with site(url, **settings):
        return db.session.scalar(text("SELECT max(name) FROM users"))


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, fresh):
    return fresh(request.param)


@pytest.fixture
def unmarked(url):
    with site(url, **REAL):
        db.session.execute(text("DELETE FROM site_marks"))
        db.session.commit()
    return url


@pytest.fixture
def real(unmarked):
    with site(unmarked, **REAL):
        make_user(name="王芳")
    return unmarked


MODES = [{"DEMO": True}, {"DEMO": False, "SECRET_IS_PUBLISHED": True}]


@pytest.mark.parametrize("mode", MODES)
def test_a_real_database_is_refused(real, mode):
    with pytest.raises(UnsafeConfig):
        first_row(real, **mode)
    assert first_row(real, **REAL) == "王芳"


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_one_and_the_demos_own_are_not(unmarked, url, mode):
    assert first_row(unmarked, **mode) is None


def test_the_demos_database_is_the_demos(url):
    with site(url):
        make_user(name="王芳")
    assert first_row(url) == "王芳"


def test_a_demo_from_before_there_were_marks_is_known_by_its_people(url):
    with site(url, **REAL):
        make_user(name="王芳", email="parent@demo.example")
        db.session.execute(text("DROP TABLE site_marks"))
        db.session.commit()
    assert first_row(url) == "王芳"


def test_a_command_says_it_in_a_sentence(real):
    with site(real, DEMO=False, SECRET_IS_PUBLISHED=True) as app:
        answer = app.test_cli_runner().invoke(args=["schedule", "verify"])
        assert answer.exit_code == 1
        assert answer.output.startswith("Error: Set SECRET_KEY")


class Listener:
    def __init__(self, name):
        self.name = name
        self.sock = self

    def getsockname(self):
        return self.name


@pytest.mark.parametrize("name", [("127.0.0.1", 8000), ("127.8.8.8", 1), ("::1", 8000, 0, 0)])
def test_the_demo_serves_this_machine(name):
    must_be_local([Listener(name)], {"DEMO": True, "SESSION_COOKIE_SECURE": False})


@pytest.mark.parametrize(
    "name", [("0.0.0.0", 8000), ("10.0.0.5", 80), ("::", 8000, 0, 0), "/run/clinic.sock"]
)
def test_the_demo_serves_no_other_without_secure_cookies(name):
    with pytest.raises(UnsafeConfig):
        must_be_local([Listener(name)], {"DEMO": True, "SESSION_COOKIE_SECURE": False})
    must_be_local([Listener(name)], {"DEMO": True, "SESSION_COOKIE_SECURE": True})
    must_be_local([Listener(name)], {"DEMO": False, "SESSION_COOKIE_SECURE": False})
