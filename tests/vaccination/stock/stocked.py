"""A centre that has vaccines, and visits and forms for which they are reserved."""

from datetime import date, timedelta

from sqlalchemy import select

from clinic.db import db
from clinic.reservations.verify import broken_reservations
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.vaccination.stock import lots, reserving
from clinic.vaccination.stock.models import DoseReservation, Stock
from clinic.vaccination.stock.reserving import DoseToReserve
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_hold,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
)

MMR = DoseToReserve("MMR", "MMR", 1)
HEPB = DoseToReserve("HepB", "HepB", 3)
NEXT_YEAR = date(2027, 3, 1)
NEXT_WEEK = TOMORROW + timedelta(days=6)


class Centre:
    """A vaccination centre, open tomorrow and in a week, and who works there."""

    def __init__(self):
        self.service = make_service("vaccination")
        self.practitioner = make_practitioner([self.service])
        self.id = self.practitioner.centre.id
        self.room = make_room(self.practitioner.centre)
        self.nurse = make_user()
        self.sessions = {day: self.open(day) for day in (TOMORROW, NEXT_WEEK)}

    def open(self, day):
        return make_session(self.practitioner, self.room, [self.service], day, capacity=5)

    def visit(self, *doses, day=TOMORROW, by=None):
        """An appointment, these doses reserved for it."""
        made = make_appointment(service=self.service, slot=self.sessions[day].slots[0], by=by)
        reserving.reserve(doses, appointment=made, by=self.nurse, now=NOON)
        db.session.commit()
        return made

    def form(self, *doses, moves=None, by=None, child=None, day=TOMORROW):
        """A hold, these doses reserved for it."""
        by = by or make_user()
        slots = slots_for(self.service, self.sessions[day].slots[1].id)
        wanted = Request(child or make_child(by), self.service, slots)
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
