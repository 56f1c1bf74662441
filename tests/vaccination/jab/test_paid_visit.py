"""A paid vaccine from the booking to the jab: reserved, asked about, agreed to, given, and counted."""

from datetime import time

import pytest
import time_machine
from sqlalchemy import select

from clinic.accounts.models import Profession, Role
from clinic.clock import at
from clinic.db import db
from clinic.reservations.verify import broken_reservations
from clinic.vaccination.record.models import Immunization
from clinic.vaccination.stock.models import Stock
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import TOMORROW, make_user
from tests.pages import values
from tests.vaccination.doses.site import Site
from tests.vaccination.jab.at_the_jab import NO, TICKS

pytestmark = pytest.mark.usefixtures("noon")


NEED = "EV71"
NINE = at(TOMORROW, time(9, 5))


@pytest.fixture
def site(app):
    return Site(app)


def counts():
    """On hand and reserved of it, and the books agree."""
    db.session.rollback()
    assert broken_stock() == broken_reservations() == []
    row = db.session.scalars(select(Stock).where(Stock.vaccine == NEED)).one()
    return row.on_hand, row.reserved


def test_it_is_reserved_agreed_to_given_and_taken_from_its_lot(site, app):
    booked = site.book(site.slots[TOMORROW][0], NEED)
    visit_id = int(booked.location.rsplit("/", 1)[1])
    assert counts() == (50, 1)
    assert "EV71" in site.client.get(booked.location).text

    before = f"/vaccination/appointments/{visit_id}/before"
    assert 'name="c-EV71"' in site.client.get(before).text
    assert site.client.post(before, data=NO).status_code == 422  # it needs a decision
    assert site.client.post(before, data=NO | {"c-EV71": "yes"}).location == before

    nurse = app.test_client().sign_in(
        make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=site.centre)
    )
    page = f"/vaccination/visits/{visit_id}"
    with time_machine.travel(NINE, tick=False):
        shown = nurse.get(page).text
        assert values(shown, "#EV71-give", "name") == ["EV71-give"]
        assert values(shown, "#EV71-give:checked", "name") == []
        assert "EV71-1 · " in shown  # the lot
        dose = {"EV71-give": "1", "EV71-lot": "EV71-1", "EV71-site": "left arm"}
        assert nurse.post(page, data=TICKS | dose).location == page

    (row,) = db.session.query(Immunization).filter_by(appointment_id=visit_id)
    assert (row.vaccine, row.dose_number, row.lot_number) == (NEED, 1, "EV71-1")
    assert counts() == (49, 0)
    with time_machine.travel(NINE, tick=False):
        plan = site.client.get(f"/family/children/{site.child.id}/plan").text
    assert "第2剂" in plan[plan.index("EV71") :][:300]


def test_refused_it_is_not_given_and_stays_on_the_shelf(site, app):
    booked = site.book(site.slots[TOMORROW][0], NEED)
    visit_id = int(booked.location.rsplit("/", 1)[1])
    before = f"/vaccination/appointments/{visit_id}/before"
    site.client.post(before, data=NO | {"c-EV71": "no"})
    nurse = app.test_client().sign_in(
        make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=site.centre)
    )
    with time_machine.travel(NINE, tick=False):
        dose = {"EV71-give": "1", "EV71-lot": "EV71-1", "EV71-site": "left arm"}
        answer = nurse.post(f"/vaccination/visits/{visit_id}", data=TICKS | dose)
    assert answer.status_code == 422
    assert 'id="EV71-give-error"' in answer.text
    assert counts() == (50, 1)


def test_let_go_with_the_appointment(site):
    booked = site.book(site.slots[TOMORROW][0], NEED)
    assert site.client.post(f"{booked.location}/cancellation").status_code == 303
    assert counts() == (50, 0)
