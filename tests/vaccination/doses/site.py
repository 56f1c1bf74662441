"""A vaccination centre, and a family that books a baby's doses on its pages."""

from datetime import date, timedelta

from sqlalchemy import select

from clinic.db import db
from clinic.reservations.verify import broken_reservations
from clinic.scheduling.verify import broken_promises
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Source
from clinic.vaccination.record.rules import Entry
from clinic.vaccination.stock.models import DoseReservation
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import NOON, TOMORROW, day_of, make_child, make_stock
from tests.world import World

BABY = date(2025, 7, 10)  # eight months old on 10 March, in a week
NEXT_WEEK = date(2026, 3, 11)


def slots_of(world):
    """Of a session on each of the two days."""
    return {day: world.open(day, capacity=3).slots for day in (TOMORROW, NEXT_WEEK)}


class Site(World):
    """A vaccination centre open tomorrow and in nine days, and a baby that had all but for MMR and JE."""

    def __init__(self, app):
        super().__init__("vaccination", name_zh="预防接种", name_en="Vaccination")
        self.child = make_child(self.parent, birth_date=BABY)
        self.slots = slots_of(self)
        make_stock(self.centre)
        self.give(self.child)
        self.client = app.test_client().sign_in(self.parent)

    def open_centre(self):
        """Another centre; its slots are the ones that count from now on."""
        another = World(service=self.service)
        self.slots = slots_of(another)
        return another.centre

    def give(self, child, *but):
        """What a child of that age has had."""
        day = BABY
        had = [("BCG", 0), ("HepB", 0), ("HepB", 31), ("IPV", 62), ("IPV", 93), ("DTaP", 62)]
        had += [("bOPV", 124), ("DTaP", 124), ("DTaP", 186), ("HepB", 186), ("MPSV-A", 190)]
        entries = [Entry(v, day + timedelta(days=n)) for v, n in had if v not in but]
        recording.record(child, entries, source=Source.HERE, by=self.parent, now=NOON)
        db.session.commit()

    def page(self, **query):
        query = {"child": self.child.id} | query
        return self.client.page("/vaccination/", query_string=query)

    def times(self, day, *series, **query):
        """The form of that day's times, for these doses (a question if none)."""
        need = [f"{self.child.id}.{code}" for code in ("", *series)]
        page = self.page(day=day.isoformat(), need=need, **query)
        return page.form(action="/vaccination/holds")

    def hold(self, slot, *series, **query):
        return self.times(day_of(slot), *series, **query).submit(str(slot.id))

    def hold_by_hand(self, slot, *series, **query):
        """The same where the page shows no such time or dose, or does no longer."""
        times = self.times(NEXT_WEEK, **query)
        times.fill({"slot": slot.id}, tampered=True)
        if series:
            times.fill({"need": [f"{self.child.id}.{code}" for code in series]}, tampered=True)
        times.buttons = []  # the page's own are for other times
        return times.submit()

    def book(self, slot, *series, **query):
        return self.confirm(self.hold(slot, *series, **query))

    def confirm(self, held):
        page = held.follow()
        return page.form(action=page.address).submit()


def live():
    query = select(
        DoseReservation.series, DoseReservation.vaccine, DoseReservation.dose_number
    ).where(DoseReservation.released_at.is_(None), DoseReservation.appointment_id.is_not(None))
    assert broken_stock() == broken_reservations() == broken_promises() == []
    return sorted(tuple(row) for row in db.session.execute(query))


def ticked(page):
    values = page.values("[name=need]:checked", "value")
    return [one.partition(".")[2] for one in values]
