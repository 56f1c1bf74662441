"""Processes that want the same doses at the same moment, on both engines.

The race has a twin with the database's promises off that must fail, or it would prove nothing.
"""

from collections import Counter

import pytest
from sqlalchemy import func, select

from clinic.db import db
from clinic.reservations.verify import broken_reservations
from clinic.vaccination.stock import lots
from clinic.vaccination.stock.models import DoseReservation
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import NOON, TOMORROW, make_appointment, make_service, make_slot, make_user
from tests.promises import drop_promises
from tests.races import dosing
from tests.races.doors import Somebody, at_once

PARENTS = 4


@pytest.fixture
def visits(race):
    """The ids of visits at one centre, of as many families."""
    service = make_service()
    slot = make_slot(service, capacity=PARENTS)
    return [make_appointment(service=service, slot=slot) for _ in range(PARENTS)]


def receive(visit, doses, number="A1"):
    product = lots.product_of("MMR", "北京生物")
    facts = (visit.centre_id, product, number, TOMORROW, doses)
    lot = lots.receive(*facts, by=make_user(), now=NOON)
    db.session.commit()
    return lot


def take_at_once(race, things, sight="sees"):
    """Each (verb, id) in a process of its own; how they ended, counted."""
    return Counter(at_once([Somebody(race, dosing.take, sight, *thing) for thing in things]))


def live():
    query = select(func.count(DoseReservation.id)).where(DoseReservation.released_at.is_(None))
    return db.session.scalar(query)


@pytest.mark.parametrize("sight", ["sees", "blind"])
def test_one_parent_has_the_last_dose(race, visits, sight):
    receive(visits[0], 1)
    answers = take_at_once(race, [("reserve", visit.id) for visit in visits], sight)
    assert answers == {"done": 1, "OutOfStock": PARENTS - 1}
    assert live() == 1
    assert broken_stock() == broken_reservations() == []


def test_its_twin_without_the_databases_promises_gives_it_to_everybody(race, visits):
    receive(visits[0], 1)
    drop_promises()
    answers = take_at_once(race, [("reserve", visit.id) for visit in visits], "blind")
    assert answers == {"done": PARENTS}
    assert live() == PARENTS
    assert broken_stock() != []


def test_a_recall_among_promises_and_cancellations(race, visits):
    recalled = receive(visits[0], 3, "recalled")
    receive(visits[0], 1)
    first, *others = visits
    take_at_once(race, [("reserve", first.id)])
    things = [("recall", recalled.id), ("cancel", first.id)]
    answers = take_at_once(race, things + [("reserve", other.id) for other in others])
    assert answers["done"] >= 2  # nobody refuses a recall or a cancellation
    assert answers["done"] + answers["OutOfStock"] == len(things) + len(others)
    assert live() <= 1
    assert broken_stock() == broken_reservations() == []
