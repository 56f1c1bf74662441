"""Public holidays of a year: what is known, and a year that is read in on a page."""

import io
import json

import pytest

from clinic.accounts.models import Role
from clinic.centres.years import CalendarYear, known_years
from clinic.db import db
from tests.makes import make_centre, make_user

YEAR = {
    "year": 2031,
    "source": "测试用",
    "holidays": [{"zh": "元旦", "en": "New Year", "first": "2031-01-01", "last": "2031-01-03"}],
    "adjusted_workdays": ["2031-01-05"],
}


def as_manager(app):
    return app.test_client().sign_in(make_user(Role.MANAGER, centre=make_centre()))


def test_a_year_is_shown_as_it_reads_before_it_is_stored(both):
    page = as_manager(both).page("/setup/holidays").form(holding="text")
    page = page.fill(text=json.dumps(YEAR)).submit()
    assert "2031-01-01 – 2031-01-03" in page.words
    assert 2031 not in known_years()
    page = page.form(holding="text").submit().follow()
    assert "已读入" in page.words
    assert 2031 in known_years()


def test_a_file_is_read_as_well(both):
    file = (io.BytesIO(json.dumps(YEAR).encode()), "2031.json")
    page = as_manager(both).page("/setup/holidays").form(holding="text").fill(file=file).submit()
    page.form(holding="text").submit().follow()
    assert 2031 in known_years()


BAD = [
    "",
    "{",
    "[]",
    "[" * 9000,
    json.dumps(YEAR | {"year": 2026}),
    json.dumps(YEAR | {"holidays": []}),
]


@pytest.mark.parametrize("typed", BAD)
def test_what_is_no_year_is_said_at_the_field(app, typed):
    page = as_manager(app).page("/setup/holidays").form(holding="text").fill(text=typed).submit()
    assert (page.status, list(page.errors)) == (422, ["text"])
    assert page.form(holding="text").fields["text"] == typed
    assert not db.session.query(CalendarYear).count()
