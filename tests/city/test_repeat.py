"""What is promised of a day is promised of its copies: a small city is as clean as the day it is made of."""

from datetime import timedelta

from sqlalchemy import text

from clinic.clock import clinic_day
from clinic.db import db
from clinic.reservations.verify import broken_reservations
from clinic.scheduling.verify import broken_promises
from clinic.vaccination.doses.verify import broken_records
from clinic.vaccination.stock.verify import broken_stock
from tests.city.repeat import load
from tests.makes import NOON


def test_a_small_city_breaks_no_promise(both, noon):
    yesterday = clinic_day(NOON) - timedelta(days=1)
    made = load(
        db.engine.url.render_as_string(hide_password=False), yesterday, centres=3, before=2, after=2
    )
    visits = db.session.scalar(text("SELECT count(*) FROM appointments"))
    assert visits == len(made.visits) * 3 * 5
    assert broken_promises(now=NOON) == []
    assert broken_stock() == broken_reservations() == []
    assert broken_records(now=NOON) == []
    if db.engine.dialect.name == "sqlite":
        assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []
