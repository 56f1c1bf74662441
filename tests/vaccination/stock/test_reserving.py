"""Doses reserved for visits and with forms, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import User
from clinic.db import db
from clinic.reservations.models import ReleaseReason
from clinic.scheduling.appointments import booking, holding, moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.day import attendance
from clinic.scheduling.models import NUMBER, OF_STOCK, Channel
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.vaccination.stock import refusals, reserving
from clinic.vaccination.stock.models import DoseReservation
from clinic.vaccination.stock.reserving import DoseToReserve
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import NOON, TOMORROW, make_appointment, make_user
from tests.vaccination.stock.stocked import HEPB, MMR, NEXT_WEEK, NEXT_YEAR, Centre, whys

pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture
def centre(both):
    return Centre()


def test_the_last_dose_is_reserved_once(centre):
    centre.receive(1)
    centre.visit(MMR)
    assert centre.counts() == (1, 1)
    with pytest.raises(refusals.OutOfStock):
        centre.visit(MMR)
    db.session.rollback()
    assert centre.counts() == (1, 1)


def test_all_doses_of_a_visit_or_none(centre):
    centre.receive(5, vaccine="HepB")
    with pytest.raises(refusals.OutOfStock):
        centre.visit(HEPB, MMR)
    db.session.rollback()
    assert centre.counts("HepB") == (5, 0)


def test_the_same_dose_is_reserved_once(centre):
    centre.receive(5)
    visit = centre.visit(MMR)
    reserving.reserve([MMR], appointment=visit, by=centre.nurse, now=NOON)
    assert centre.counts() == (5, 1)


def test_a_dose_must_be_good_on_the_day(centre):
    centre.receive(1, expires_on=TOMORROW)
    with pytest.raises(refusals.ExpiresBefore) as refused:
        centre.visit(MMR, day=NEXT_WEEK)
    db.session.rollback()
    assert refused.value.params["last"] == TOMORROW
    centre.visit(MMR, day=TOMORROW)
    assert centre.counts() == (1, 1)


def test_what_lasts_is_kept_for_who_comes_late(centre):
    centre.receive(1, expires_on=TOMORROW, number="soon")
    centre.receive(1, expires_on=NEXT_YEAR, number="late")
    centre.visit(MMR, day=NEXT_WEEK)
    with pytest.raises(refusals.ExpiresBefore):
        centre.visit(MMR, day=NEXT_WEEK)
    db.session.rollback()
    centre.visit(MMR, day=TOMORROW)
    assert centre.counts() == (2, 2)


def end_by(centre, visit, how):
    by, later = {"by": centre.nurse}, visit.ends_at
    if how == "cancelled":
        booking.cancel(visit, online=False, now=NOON, **by)
    elif how == "no_show":
        attendance.mark_no_show(visit, note="", now=later, **by)
    else:
        attendance.finish(visit, note="", now=later, **by)


@pytest.mark.parametrize("how", ["cancelled", "no_show", "done"])
def test_a_visit_that_ends_lets_its_doses_go(centre, how):
    centre.receive(2)
    centre.receive(2, vaccine="HepB")
    visit = centre.visit(MMR, HEPB)
    end_by(centre, visit, how)
    assert (centre.counts(), centre.counts("HepB")) == ((2, 0), (2, 0))
    assert whys() == [how, how]


def test_a_form_that_is_given_up_lets_its_doses_go(centre):
    centre.receive(1)
    hold = centre.form(MMR)
    assert centre.counts() == (1, 1)
    holding.give_up(hold, now=NOON)
    assert centre.counts() == (1, 0)


def test_an_offer_that_is_over_lets_its_doses_go(centre):
    centre.receive(1)
    centre.form(MMR)
    db.session.execute(text("UPDATE holds SET ended_at = created_at"))
    assert centre.counts() == (1, 0)
    assert whys() == [ReleaseReason.ENDED]


def test_what_a_form_kept_is_the_appointments(centre):
    centre.receive(1)
    hold = centre.form(MMR)
    made = confirm(hold)
    reserving.carry_over(hold, made, by=centre.nurse, now=NOON)
    assert centre.counts() == (1, 1)
    assert db.session.scalars(select(DoseReservation)).one().appointment_id == made.id


def test_a_dose_that_is_handed_over_is_still_counted_and_the_stock_is_as_it_was(centre):
    centre.receive(2)
    hold = centre.form(MMR)
    made, before = confirm(hold), stock_version()
    reserving.carry_over(hold, made, by=centre.nurse, now=NOON)
    assert (centre.counts(), stock_version()) == ((2, 1), before)
    db.session.execute(update(DoseReservation).values(released_at=NOON, why_released="ended"))
    assert centre.counts() == (2, 0)
    assert stock_version() > before


def stock_version():
    return db.session.scalar(select(NUMBER).where(OF_STOCK))


def confirm(hold, now=NOON):
    wanted = Request(hold.child, hold.service, slots_for(hold.service, hold.slot_id), hold=hold)
    user = db.session.get_one(User, hold.user_id)
    key = f"hold:{hold.id}"
    made = booking.book([wanted], by=user, key=key, channel=Channel.ONLINE, now=now).row
    return made.appointments[0]


def test_a_form_that_is_over_loses_its_dose_to_who_comes_next(centre):
    centre.receive(1)
    hold = centre.form(MMR)
    later = hold.expires_at
    other = make_appointment(
        service=centre.service, slot=centre.sessions[TOMORROW].slots[0], now=later
    )
    reserving.reserve([MMR], appointment=other, by=centre.nurse, now=later)
    assert centre.counts() == (1, 1)
    made = confirm(hold, now=later)
    with pytest.raises(refusals.OutOfStock):
        reserving.carry_over(hold, made, by=centre.nurse, now=later)


def test_a_form_that_is_over_has_its_dose_again_where_one_is_left(centre):
    centre.receive(2)
    hold = centre.form(MMR)
    later = hold.expires_at
    other = make_appointment(
        service=centre.service, slot=centre.sessions[TOMORROW].slots[0], now=later
    )
    reserving.reserve([MMR], appointment=other, by=centre.nurse, now=later)
    reserving.carry_over(hold, confirm(hold, now=later), by=centre.nurse, now=later)
    assert centre.counts() == (2, 2)


def move(visit, to, day=TOMORROW, hold=None):
    slots = slots_for(to.service, to.sessions[day].slots[1].id)
    wanted = Request(visit.child, to.service, slots, hold=hold)
    moving.move([Move(visit, wanted)], by=to.nurse, online=False, now=NOON)


def another_centre(centre):
    other = Centre(service=centre.service)
    other.sessions = {TOMORROW: other.open(TOMORROW + timedelta(days=2), capacity=5)}
    return other


def test_a_visit_takes_its_dose_to_another_centre(centre):
    other = another_centre(centre)
    centre.receive(1)
    other.receive(1)
    visit = centre.visit(MMR)
    move(visit, other)
    reserving.must_still_have(visit)
    assert (centre.counts(), other.counts()) == ((1, 0), (1, 1))


@pytest.mark.parametrize("had_some", [True, False])
def test_a_visit_cannot_move_to_where_there_is_none(centre, had_some):
    other = another_centre(centre)
    centre.receive(1)
    if had_some:
        other.receive(1)
        other.visit(MMR)
    visit = centre.visit(MMR)
    with pytest.raises(IntegrityError) as refused:
        move(visit, other)
    assert isinstance(refusals.refusal(refused.value, "MMR"), refusals.OutOfStock)
    db.session.rollback()
    assert centre.counts() == (1, 1)


def test_another_vaccine_of_the_series_takes_the_place_of_the_one_before(centre):
    first = DoseToReserve("MPSV-A", "MPSV", 1)
    later = DoseToReserve("MPSV-AC", "MPSV", 3)
    centre.receive(1, vaccine="MPSV-A")
    centre.receive(1, vaccine="MPSV-AC", number="C1")
    mother = make_user()
    visit = centre.visit(first, by=mother)
    hold = centre.form(later, moves=visit, by=mother, child=visit.child, day=NEXT_WEEK)
    reserving.carry_over(hold, visit, by=mother, now=NOON)
    assert (centre.counts("MPSV-A"), centre.counts("MPSV-AC")) == ((1, 0), (1, 1))


def test_a_visit_that_moves_on_takes_the_dose_that_its_form_kept(centre):
    other = another_centre(centre)
    centre.receive(1)
    other.receive(1)
    mother = make_user()
    visit = centre.visit(MMR, by=mother)
    hold = other.form(MMR, moves=visit, by=mother, child=visit.child)
    assert other.counts() == (1, 1)
    reserving.carry_over(hold, visit, by=mother, now=NOON)
    move(visit, other, hold=hold)
    reserving.must_still_have(visit)
    assert (centre.counts(), other.counts()) == ((1, 0), (1, 1))
    assert sorted(filter(None, whys())) == [ReleaseReason.MOVED]


def test_a_visit_cannot_move_beyond_the_expiry(centre):
    centre.receive(1, expires_on=TOMORROW)
    visit = centre.visit(MMR)
    move(visit, centre, NEXT_WEEK)
    assert "expires before" in broken_stock()[0]
    with pytest.raises(refusals.ExpiresBefore):
        reserving.must_still_have(visit)
