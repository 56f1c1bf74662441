"""The demo city of one day, made once."""

import shutil
from datetime import date

import pytest

from clinic.db import db
from clinic.demo.load import load

DAY = date(2026, 11, 24)


@pytest.fixture(scope="session")
def city_rows(sites, tmp_path_factory):
    """The path of a SQLite database with that city."""
    path = tmp_path_factory.mktemp("city") / "clinic.sqlite3"
    for _ in sites.fresh("sqlite"):
        load(DAY)
        db.session.remove()
        db.engine.dispose()  # the last connection to close folds the write-ahead log into the file
        shutil.copy(sites.path, path)
    return path


@pytest.fixture
def city(sites, city_rows):
    """The site with that city."""
    yield from sites.fresh("sqlite", city_rows)


@pytest.fixture
def city_copy(city_rows, tmp_path):
    """The address of a database of its own with that city."""
    path = tmp_path / "city.sqlite3"
    shutil.copy(city_rows, path)
    return f"sqlite:///{path}"
