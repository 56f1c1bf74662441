"""A resource beside the doses needs no trigger of its own: what ends a visit or a form releases it."""

from dataclasses import replace
from datetime import time, timedelta

import pytest
from sqlalchemy import select, text

from clinic.app import ROOMS, create_app
from clinic.booking.requirements import requirements_of
from clinic.db import db
from clinic.reservations.models import ReleaseReason
from clinic.reservations.verify import PROMISES, broken_reservations
from clinic.scheduling.appointments import booking, holding, moving
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Hold
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.services.room import use
from clinic.vaccination.stock.models import Stock
from tests.conftest import SETTINGS, Client
from tests.makes import NOON, make_child
from tests.promises import drop_promises
from tests.rooms.foot_baths import FOOT_BATHS
from tests.rooms.test_foot_baths import TODAY, Bath, book
from tests.rooms.towels import AT_A_CENTRE, NoTowel, Towel, Towels
from tests.world import World


@pytest.fixture(params=["sqlite", "postgresql"])
def bath(request, fresh, noon):
    """A family and a foot bath, for which a towel is needed; once on each engine."""
    foot_baths = replace(FOOT_BATHS, requirements=Towels)
    app = create_app(SETTINGS | {"DATABASE_URL": fresh(request.param)}, rooms=(*ROOMS, foot_baths))
    app.test_client_class = Client
    with app.app_context():
        yield Bath(app)
        db.session.remove()
        db.engine.dispose()
    use(ROOMS)


def towels():
    """Whose they are, at which centre, and why no longer; in the order in which they were reserved."""
    facts = (Towel.hold_id, Towel.appointment_id, Towel.centre_id, Towel.why_released)
    return [tuple(row) for row in db.session.execute(select(*facts).order_by(Towel.id))]


def hold(bath, child=None, number=0, *, now=NOON):
    """A form in which a place of the slot of that number is kept, and a towel."""
    slots = slots_for(bath.service, bath.slot(number).id)
    request = Request(child or bath.child, bath.service, slots)
    required = requirements_of([request], now=now)
    holding.hold([request], required, by=bath.parent, now=now)
    db.session.commit()


def test_it_is_reserved_with_the_form_then_for_the_appointment(bath):
    hold(bath)
    (kept,) = db.session.scalars(select(Hold))
    assert towels() == [(kept.id, None, bath.centre.id, None)]
    holding.give_up(kept, now=NOON)
    db.session.commit()
    assert towels() == []

    book(bath)

    assert towels() == [(None, bath.booked.id, bath.centre.id, None)]
    assert broken_reservations() == []
    assert db.session.query(Stock).all() == []


def cancelled(appointment, by, now):
    booking.cancel(appointment, by=by, online=False, now=now)


def missed(appointment, by, now):
    attendance.mark_no_show(appointment, by=by, now=now, note="")


def done(appointment, by, now):
    attendance.finish(appointment, by=by, now=now, note="")


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (cancelled, ReleaseReason.CANCELLED),
        (missed, ReleaseReason.NO_SHOW),
        (done, ReleaseReason.DONE),
    ],
)
def test_what_ends_the_visit_releases_it(bath, end, why):
    book(bath)
    appointment = bath.booked
    end(appointment, bath.clinician, appointment.starts_at + timedelta(minutes=1))
    db.session.commit()
    assert towels() == [(None, appointment.id, bath.centre.id, why)]
    assert broken_reservations() == []


def test_a_form_that_is_over_releases_it_to_who_comes_next(bath):
    for number in range(AT_A_CENTRE):
        hold(bath, make_child(bath.parent), number)
    with pytest.raises(NoTowel):
        hold(bath, number=AT_A_CENTRE)
    db.session.rollback()
    hold(bath, now=NOON + timedelta(hours=1))
    assert [why for *_, why in towels()].count(None) == 1


def test_it_goes_along_to_another_centre(bath):
    book(bath)
    hours = {"day": TODAY, "opens": time(15), "closes": time(17)}
    other = World(service=bath.service, hours=hours)
    appointment, request = bath.booked, other.request(bath.child)
    moving.move([moving.Move(appointment, request)], by=bath.clinician, online=False, now=NOON)
    db.session.commit()
    assert towels() == [(None, appointment.id, other.centre.id, None)]
    assert broken_reservations() == []


DAMAGE = {
    "for a visit that is over": "UPDATE appointments SET cancelled_at = starts_at, cancelled_by_id = made_by",
    "for an offer that is over": "UPDATE holds SET ended_at = created_at",
    "at another centre": "UPDATE reservations SET child_id = :other",
}


@pytest.mark.parametrize("line", DAMAGE)
def test_damage_is_noticed(bath, line):
    book(bath)
    other = make_child(bath.parent)
    hold(bath, other, 1)
    drop_promises()
    statement = DAMAGE[line].replace("made_by", str(bath.parent.id))
    statement = statement.replace(":other", str(other.id))
    db.session.execute(text(statement))
    assert any(f"of towel big, {line}" in found for found in broken_reservations())


def test_every_line_of_the_report_is_tested():
    assert all(any(part in line for part in DAMAGE) for line in PROMISES)
