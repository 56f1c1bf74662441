"""However a vaccination is moved, its doses are reserved for the new day, or it stays where it was."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from clinic.accounts.models import Role
from clinic.booking import on_behalf
from clinic.booking.requirements import move_to
from clinic.cli.support import move as move_by_phone
from clinic.db import db
from clinic.scheduling.appointments import moving
from clinic.scheduling.models import Appointment, Channel, Hold
from clinic.scheduling.verdict.request import Refused, Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.vaccination.stock import lots
from clinic.vaccination.stock.models import DoseReservation, VaccineLot
from clinic.vaccination.stock.refusals import ExpiresBefore, OutOfStock
from tests.makes import NOON, TOMORROW, make_child, make_room, make_session, make_stock, make_user
from tests.vaccination.doses.site import BABY, NEXT_WEEK, Site, live

pytestmark = pytest.mark.usefixtures("noon")
LATER = NEXT_WEEK + timedelta(days=2)
MAY = date(2027, 5, 1)
RESERVED = [("MMR", "MMR", 1)]


def alone(visit, slot, by):
    to = Request(visit.child, visit.service, slots_for(visit.service, slot.id))
    moving.move([move_to(visit, to, now=NOON)], by=by, online=False, now=NOON)


def with_the_rest(visit, slot, by):
    to = Request(visit.child, visit.service, slots_for(visit.service, slot.id))
    moving.move([move_to(visit, to, now=NOON)], by=by, online=True, now=NOON)


def booked_at(app):
    """A site with an MMR booked for next week, and one more day with a session."""
    site = Site(app)
    answer = site.book(site.slots[NEXT_WEEK][0], "MMR")
    site.visit = db.session.get_one(Appointment, int(answer.location.rsplit("/", 1)[1]))
    who, room = site.visit.practitioner, make_room(site.centre)
    site.slots[LATER] = make_session(who, room, [site.service], LATER, capacity=3).slots
    return site


@pytest.mark.parametrize("way", [alone, with_the_rest])
def test_the_doses_go_along_or_nothing_moves(both, way):
    site = booked_at(both)
    visit = site.visit

    with pytest.raises(Refused) as refused:
        way(visit, site.slots[TOMORROW][0], site.parent)
    assert refused.value.objections[0].code == "dose_too_soon"
    db.session.rollback()

    way(visit, site.slots[NEXT_WEEK][3], site.parent)
    db.session.commit()
    assert (visit.slot_id, live()) == (site.slots[NEXT_WEEK][3].id, RESERVED)

    db.session.execute(update(VaccineLot).values(expires_on=NEXT_WEEK))
    db.session.commit()
    with pytest.raises(ExpiresBefore):
        way(visit, site.slots[LATER][0], site.parent)  # its doses are over by then
    db.session.rollback()
    assert (visit.slot_id, live()) == (site.slots[NEXT_WEEK][3].id, RESERVED)


def test_a_family_that_moves_all_that_remains_is_told_and_loses_nothing(app):
    site = booked_at(app)
    url, before = f"/vaccination/remaining/{site.visit.id}", site.visit.slot_id
    refused = site.client.post(url, data={"slot": site.slots[TOMORROW][0].id})
    assert refused.status_code in (409, 422)
    assert "3月10日" in refused.text
    db.session.expire_all()
    assert (site.visit.slot_id, live()) == (before, RESERVED)
    assert site.client.post(url, data={"slot": site.slots[LATER][0].id}).status_code == 303
    db.session.expire_all()
    assert (site.visit.slot_id, live()) == (site.slots[LATER][0].id, RESERVED)


def test_a_move_by_telephone_is_refused_in_one_line(app):
    site = booked_at(app)
    args = [site.visit.booking.reference, str(site.slots[TOMORROW][0].id)]
    before, staff = site.visit.slot_id, make_user(Role.RECEPTION, centre=site.centre)
    done = app.test_cli_runner().invoke(move_by_phone, [*args, "--by", staff.phone])
    assert done.exit_code != 0
    assert "2026-03-10" in done.output or "10 Mar" in done.output
    db.session.expire_all()
    assert (site.visit.slot_id, live()) == (before, RESERVED)


def test_several_visits_of_a_child_are_judged_beside_each_other_at_their_new_times(both):
    """Two live vaccines are given on one day, or four weeks apart: never two days apart."""
    site = booked_at(both)
    slots = slots_for(site.service, site.slots[NEXT_WEEK][1].id)
    facts = {"channel": Channel.PHONE, "by": site.parent, "key": "second", "now": NOON}
    on_behalf.book_for(site.child, site.service, slots, codes=["JE"], **facts)
    db.session.commit()
    visits = db.session.scalars(select(Appointment).order_by(Appointment.id)).all()
    before = [visit.slot_id for visit in visits]
    assert len(visits) == 2

    def move_to_slots(*slots):
        wanted = [
            Request(visit.child, visit.service, slots_for(visit.service, slot.id))
            for visit, slot in zip(visits, slots, strict=True)
        ]
        moves = [move_to(*pair, now=NOON) for pair in zip(visits, wanted, strict=True)]
        moving.move(moves, by=site.parent, online=False, now=NOON)

    with pytest.raises(Refused) as refused:
        move_to_slots(site.slots[LATER][0], site.slots[NEXT_WEEK][2])
    assert refused.value.objections[0].code == "dose_too_near"
    db.session.rollback()
    assert [visit.slot_id for visit in visits] == before

    move_to_slots(*site.slots[LATER][:2])
    db.session.commit()
    assert [visit.slot_id for visit in visits] == [slot.id for slot in site.slots[LATER][:2]]
    assert [series for series, *_ in live()] == ["JE", "MMR"]
    assert all(visit.question is None for visit in visits)


def elsewhere(site, doses):
    """Another centre with so many doses of each vaccine, and its slots of next week."""
    centre = site.open_centre()
    make_stock(centre, doses)
    return centre, site.slots[NEXT_WEEK]


def kept_at():
    """The centres at which doses are reserved for visits."""
    db.session.expire_all()
    assert live() == RESERVED
    query = select(DoseReservation.centre_id).where(DoseReservation.released_at.is_(None))
    return db.session.scalars(query.where(DoseReservation.appointment_id.is_not(None))).all()


def another_family_takes(site, slot, now=NOON):
    mother = make_user()
    child = make_child(mother, birth_date=BABY)
    site.give(child)
    slots = slots_for(site.service, slot.id)
    facts = {"channel": Channel.PHONE, "by": mother, "key": "theirs", "now": now}
    on_behalf.book_for(child, site.service, slots, codes=["MMR"], **facts)
    db.session.commit()


def test_a_family_moves_to_the_last_dose_of_another_centre(both):
    site = booked_at(both)
    other, slots = elsewhere(site, 1)
    moved = site.book(slots[1], move=site.visit.id)
    assert moved.status == 303
    assert (kept_at(), site.visit.slot_id) == ([other.id], slots[1].id)


@pytest.mark.parametrize("way", [alone, with_the_rest])
@pytest.mark.parametrize("doses", [0, 1])
def test_a_move_without_a_form_needs_a_dose_that_is_left_there(both, way, doses):
    site = booked_at(both)
    before = site.visit.slot_id
    other, slots = elsewhere(site, 1) if doses else (site.open_centre(), site.slots[NEXT_WEEK])
    if doses:
        another_family_takes(site, slots[0])
    with pytest.raises(OutOfStock):
        way(site.visit, slots[1], site.parent)
    db.session.rollback()
    assert site.visit.slot_id == before

    lots.receive(
        other.id, lots.product_of("MMR", "北京生物"), "NEW", MAY, 1, by=site.parent, now=NOON
    )
    way(site.visit, slots[1], site.parent)
    db.session.commit()
    assert site.visit.slot_id == slots[1].id
    mine = select(DoseReservation.centre_id).where(
        DoseReservation.appointment_id == site.visit.id, DoseReservation.released_at.is_(None)
    )
    assert db.session.scalars(mine).all() == [other.id]
    assert live()


def test_a_move_by_telephone_to_where_no_dose_is_left_is_refused_in_one_line(both):
    site = booked_at(both)
    before, staff = site.visit.slot_id, make_user(Role.RECEPTION, centre=site.centre)
    site.open_centre()
    args = [site.visit.booking.reference, str(site.slots[NEXT_WEEK][1].id), "--by", staff.phone]
    done = both.test_cli_runner().invoke(move_by_phone, args)
    assert isinstance(done.exception, SystemExit)
    assert "are reserved" in done.output
    db.session.expire_all()
    assert (site.visit.slot_id, live()) == (before, RESERVED)


def test_a_form_that_was_over_while_another_family_took_the_dose_is_refused(both):
    site = booked_at(both)
    home, before = site.visit.centre_id, site.visit.slot_id
    _, slots = elsewhere(site, 1)
    page = site.hold(slots[1], move=site.visit.id).follow()
    later = db.session.scalars(select(Hold.expires_at).where(Hold.moves_id.is_not(None))).one()
    with time_machine.travel(later, tick=False):
        another_family_takes(site, slots[0], now=later)
        refused = page.form(action=page.address).submit()
    assert refused.status == 422
    assert "已约完" in refused.words
    db.session.expire_all()
    mine = select(DoseReservation.centre_id).where(
        DoseReservation.appointment_id == site.visit.id, DoseReservation.released_at.is_(None)
    )
    assert (site.visit.slot_id, db.session.scalars(mine).all()) == (before, [home])


@pytest.mark.parametrize("but", [(), ("JE-L",)])
def test_several_visits_move_to_the_last_doses_of_another_centre_or_none_does(both, but):
    site = booked_at(both)
    facts = {"channel": Channel.PHONE, "by": site.parent, "key": "second", "now": NOON}
    second = slots_for(site.service, site.slots[NEXT_WEEK][1].id)
    on_behalf.book_for(site.child, site.service, second, codes=["JE"], **facts)
    db.session.commit()
    visits = db.session.scalars(select(Appointment).order_by(Appointment.id)).all()
    before, booked = [visit.slot_id for visit in visits], live()
    other = site.open_centre()
    make_stock(other, 1, but=but)
    wanted = [slot.id for slot in site.slots[NEXT_WEEK][2:4]]
    moves = [
        move_to(visit, Request(visit.child, visit.service, slots_for(site.service, slot)), now=NOON)
        for visit, slot in zip(visits, wanted, strict=True)
    ]
    if but:
        with pytest.raises(OutOfStock):
            moving.move(moves, by=site.parent, online=False, now=NOON)
        db.session.rollback()
    else:
        moving.move(moves, by=site.parent, online=False, now=NOON)
        db.session.commit()
    assert [visit.slot_id for visit in visits] == (before if but else wanted)
    assert live() == booked
