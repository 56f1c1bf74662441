"""Two workers, or a worker and a family, deal with one place at the same moment, on PostgreSQL."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import func, select

from clinic.app import create_app
from clinic.db import db
from clinic.scheduling.appointments import booking, new_times
from clinic.scheduling.models import Appointment, Hold, WaitlistEntry
from clinic.scheduling.waitlist import joining, offering
from tests.conftest import SETTINGS
from tests.makes import NOON, TOMORROW, make_session
from tests.scheduling.at_once import Clinic, at_once, by, meet_after

LATER = TOMORROW + timedelta(days=3)


@pytest.fixture
def postgres_site(fresh):
    app = create_app(SETTINGS | {"DATABASE_URL": fresh("postgresql")})
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def clinic(postgres_site):
    return Clinic()


def test_two_places_that_free_together_are_one_offer_to_one_family(
    clinic, postgres_site, monkeypatch
):
    first, *_, last = clinic.fill()
    entry = clinic.wait()
    meet_after(monkeypatch, offering, "have_offers")
    parent, number = clinic.parent.id, entry.id

    def cancel(appointment_id):
        one = db.session.get_one(Appointment, appointment_id)
        booking.cancel(one, by=by(parent), online=False, now=NOON)

    answers = at_once(postgres_site, partial(cancel, first.id), partial(cancel, last.id))

    assert answers == [None, None]
    assert len(offering.live_offers(number)) == 1


def test_two_workers_find_one_place_for_one_family(clinic, postgres_site, monkeypatch):
    entry = clinic.wait()
    meet_after(monkeypatch, offering, "have_offers")
    look = partial(offering.look_for, [entry.id], now=NOON)

    answers = at_once(postgres_site, look, look)

    assert not any(isinstance(answer, Exception) for answer in answers)
    assert len(offering.live_offers(entry.id)) == 1


def test_nothing_is_offered_to_a_family_that_leaves(clinic, postgres_site, monkeypatch):
    first, *_ = clinic.fill()
    entry = clinic.wait()
    meet_after(monkeypatch, offering, "have_offers")
    parent, number, taken = clinic.parent.id, entry.id, first.id

    def cancel():
        one = db.session.get_one(Appointment, taken)
        booking.cancel(one, by=by(parent), online=False, now=NOON)

    def leave():
        joining.leave(db.session.get_one(WaitlistEntry, number), by=by(parent), now=NOON)

    assert at_once(postgres_site, cancel, leave) == [None, None]
    assert list(offering.live_offers(number)) == []


def test_two_workers_keep_new_times_once(clinic, postgres_site, monkeypatch):
    make_session(clinic.practitioner, clinic.room, [clinic.service], day=LATER)
    lost = clinic.book(0)
    clinic.do(clinic.close())
    meet_after(monkeypatch, new_times, "kept_for")
    offer = partial(new_times.offer_to, lost.id, now=NOON)

    at_once(postgres_site, lambda: len(offer()), lambda: len(offer()))

    assert db.session.scalar(select(func.count(Hold.id))) == new_times.KEPT
