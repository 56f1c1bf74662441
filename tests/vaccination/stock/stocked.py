"""A centre that has vaccines, and visits and forms for which they are reserved."""

from datetime import date, timedelta

from sqlalchemy import select

from clinic.db import db
from clinic.reservations.verify import broken_reservations
from clinic.vaccination.stock import lots, reserving
from clinic.vaccination.stock.models import DoseReservation, Stock
from clinic.vaccination.stock.reserving import DoseToReserve
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import NOON, TOMORROW, make_child, make_hold, make_user
from tests.world import World

MMR = DoseToReserve("MMR", "MMR", 1)
HEPB = DoseToReserve("HepB", "HepB", 3)
NEXT_YEAR = date(2027, 3, 1)
NEXT_WEEK = TOMORROW + timedelta(days=6)


class Centre(World):
    """A vaccination centre, open tomorrow and in a week, and a nurse."""

    def __init__(self, **facts):
        super().__init__("vaccination", **facts)
        self.id = self.centre.id
        self.nurse = make_user()
        days = (TOMORROW, NEXT_WEEK)
        self.sessions = {day: self.open(day, capacity=5) for day in days}

    def visit(self, *doses, day=TOMORROW, by=None):
        """An appointment, these doses reserved for it."""
        made = self.book(session=self.sessions[day], by=by)
        reserving.reserve(doses, appointment=made, by=self.nurse, now=NOON)
        db.session.commit()
        return made

    def form(self, *doses, moves=None, by=None, child=None, day=TOMORROW):
        """A hold, these doses reserved for it."""
        by = by or make_user()
        wanted = self.request(child or make_child(by), 1, self.sessions[day])
        hold = make_hold(wanted, by=by, now=NOON, moves=moves)
        reserving.reserve(doses, hold=hold, by=by, now=NOON)
        db.session.commit()
        return hold

    def receive(self, doses, *, expires_on=NEXT_YEAR, vaccine="MMR", number="A1"):
        product = lots.product_of(vaccine, "北京生物")
        facts = (self.id, product, number, expires_on, doses)
        lot = lots.receive(*facts, by=self.nurse, now=NOON)
        db.session.commit()
        return lot

    def counts(self, vaccine="MMR"):
        """On hand and reserved, as the database counts; and it must add up."""
        db.session.commit()
        assert broken_stock() == broken_reservations() == []
        query = select(Stock.on_hand, Stock.reserved)
        where = (Stock.centre_id == self.id, Stock.vaccine == vaccine)
        return tuple(db.session.execute(query.where(*where)).one())


def whys():
    return list(
        db.session.scalars(select(DoseReservation.why_released).order_by(DoseReservation.id))
    )
