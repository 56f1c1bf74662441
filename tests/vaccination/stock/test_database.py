"""What the database refuses, what the report notices, on both engines."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from clinic.db import broken_promise, db
from clinic.vaccination.jab.models import GivenDose
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Source
from clinic.vaccination.record.rules import Entry
from clinic.vaccination.stock.verify import PROMISES, broken_stock
from tests.makes import NOON, make_child
from tests.promises import drop_promises
from tests.vaccination.stock.stocked import MMR, Centre

pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture
def centre(both):
    return Centre()


REFUSED = {
    "UPDATE vaccine_lots SET used = received + 1": "ck_vaccine_lots_enough",
    "UPDATE vaccine_lots SET wasted = received": "ck_stock_reserved",
    "UPDATE vaccine_lots SET recalled_at = '2026-03-02 04:00', recalled_by_id = (SELECT min(id) FROM users)": "ck_stock_reserved",
    "DELETE FROM vaccine_lots": "ck_stock_reserved",
    "UPDATE vaccine_lots SET product_id = product_id + 1": "vaccine_lots_stay",
    "UPDATE vaccine_products SET vaccine = 'HepB'": "vaccine_products_stay",
    "UPDATE reservations SET key = 'HepB'": "reservations_stay",
    "UPDATE reservations SET quantity = 2": "reservations_stay",
    "UPDATE reservations SET resource = 'towel'": "reservations_stay",
    "UPDATE reservations SET hold_id = (SELECT min(id) FROM holds)": "ck_reservations_one_owner",
    "INSERT INTO reservations (appointment_id, child_id, centre_id, resource, key, quantity, purpose, made_at)"
    " SELECT appointment_id, child_id, centre_id, resource, key, 1, 'other', made_at FROM reservations"
    " WHERE appointment_id IS NOT NULL": "ck_stock_reserved",
}


@pytest.mark.parametrize("statement", REFUSED)
def test_the_database_refuses(centre, statement):
    centre.receive(2)
    centre.visit(MMR)
    centre.form(MMR)
    with pytest.raises(IntegrityError) as error:
        db.session.execute(text(statement))
    assert REFUSED[statement] in broken_promise(error.value)
    db.session.rollback()
    assert centre.counts() == (2, 2)


DAMAGE = {
    "on hand is wrong": ["UPDATE stock SET on_hand = 7"],
    "count of reserved": ["UPDATE stock SET reserved = 0"],
    "reserved than there is": ["ALTER", "UPDATE stock SET reserved = 9"],
    "gone than came": ["ALTER", "UPDATE vaccine_lots SET used = 9"],
    "on record than used": ["UPDATE vaccine_lots SET used = 0"],
    "another lot number": ["UPDATE immunizations SET lot_number = 'other'"],
    "expires before": ["UPDATE vaccine_lots SET expires_on = '2026-03-01'"],
}


def give_one(centre, lot):
    """A dose of this lot is on record as given at the centre."""
    (row,) = recording.record(
        make_child(), [Entry("MMR", NOON.date())], by=centre.nurse, source=Source.HERE, now=NOON
    )
    row.centre_id, row.given_at, row.lot_number = centre.id, NOON, lot.number
    row.site, row.route = "left arm", "SC"
    lot.used = 1
    db.session.add(GivenDose(immunization_id=row.id, lot_id=lot.id, checks=[]))
    db.session.commit()


@pytest.mark.parametrize("line", DAMAGE)
def test_damage_is_noticed(centre, line):
    give_one(centre, centre.receive(3))
    centre.visit(MMR)
    centre.form(MMR)
    assert broken_stock() == []
    db.session.commit()
    drop_promises()
    for one in DAMAGE[line]:
        db.session.execute(text(one) if one != "ALTER" else unchecked())
    assert any(line in one for one in broken_stock())


def unchecked():
    """From here on no CHECK is looked at."""
    if db.engine.dialect.name == "sqlite":
        return text("PRAGMA ignore_check_constraints = ON")
    return text(
        "ALTER TABLE stock DROP CONSTRAINT ck_stock_reserved;"
        "ALTER TABLE vaccine_lots DROP CONSTRAINT ck_vaccine_lots_enough"
    )


def test_every_line_of_the_report_is_tested():
    assert all(any(part in line for part in DAMAGE) for line in PROMISES)
