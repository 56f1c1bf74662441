"""A baby of four months with visits to come, for which doses are reserved; and what changes its record."""

from datetime import date
from itertools import count

from sqlalchemy import select

from clinic.accounts.models import Profession, Role
from clinic.booking import on_behalf
from clinic.db import db
from clinic.families import registering
from clinic.reservations.verify import broken_reservations
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_ages, broken_promises
from clinic.vaccination.doses.verify import broken_records
from clinic.vaccination.record import conditions, recording
from clinic.vaccination.record.models import Condition, Immunization, Source
from clinic.vaccination.record.rules import Entry
from clinic.vaccination.stock import lots
from clinic.vaccination.stock.models import DoseReservation, VaccineLot
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import NOON, TOMORROW, make_child, make_stock
from tests.world import World

_keys = count(1)
BORN = date(2025, 11, 2)
IN_A_MONTH = date(2026, 4, 7)
MAY = date(2026, 5, 7)  # six months old
DAYS = (TOMORROW, IN_A_MONTH, MAY)
GIVEN = {  # all but what is due at four months
    "BCG": [date(2025, 12, 1)],
    "HepB": [date(2025, 12, 1), date(2026, 1, 5)],
    "IPV": [date(2026, 1, 5), date(2026, 2, 2)],
    "DTaP": [date(2026, 1, 5)],
}


def slots_of(world):
    """The slots by day of a centre that has every vaccine."""
    make_stock(world.centre)
    return {day: world.open(day, capacity=5).slots for day in DAYS}


class Baby(World):
    """`child` of `parent`, a centre with vaccines that is open on `DAYS`, its `nurse` and its `manager`."""

    def __init__(self, born=BORN, given=GIVEN):
        super().__init__("vaccination", name_zh="预防接种")
        self.slots = slots_of(self)
        self.nurse = self.staff(Role.CLINICIAN, profession=Profession.VACCINATOR)
        self.child = make_child(self.parent, birth_date=born)
        self.enter(*((vaccine, day) for vaccine, days in given.items() for day in days))

    def wanted(self, day, child=None, slots=None):
        """A visit on that day, the first of it."""
        slot = (slots or self.slots)[day][0]
        return Request(child or self.child, self.service, slots_for(self.service, slot.id))

    def enter(self, *doses):
        """The family enters these into the booklet: each a vaccine and a day."""
        entries = [Entry(*dose) for dose in doses]
        rows = recording.record(
            self.child, entries, by=self.parent, source=Source.BOOKLET, now=NOON
        )
        db.session.commit()
        return rows

    def book(self, day, *codes, child=None, slots=None, now=NOON):
        """A visit for these series, with the doses that are legal then."""
        wanted = self.wanted(day, child, slots)
        made = on_behalf.book_for(
            wanted.child,
            self.service,
            wanted.slots,
            codes=codes,
            channel=Channel.PHONE,
            by=self.parent,
            key=f"book:{next(_keys)}",
            now=now,
        )
        db.session.commit()
        return made

    def void(self, vaccine):
        row = db.session.scalars(
            select(Immunization)
            .where(Immunization.vaccine == vaccine, Immunization.voided_at.is_(None))
            .order_by(Immunization.given_on.desc())
        ).first()
        recording.void(row, by=self.nurse, reason="wrong child", now=NOON)
        db.session.commit()

    def has(self, code, on=None):
        """The nurse writes down that this is true of the child."""
        visit = db.session.scalars(select(Appointment)).first()
        made = conditions.add(visit, Condition(code), on, by=self.nurse, now=NOON)
        db.session.commit()
        return made

    def is_born(self, day):
        registering.change_child(self.child, by=self.parent, now=NOON, birth_date=day)
        db.session.commit()

    def recall(self, vaccine):
        lot = db.session.scalars(
            select(VaccineLot).where(VaccineLot.number == f"{vaccine}-1")
        ).one()
        lots.recall(lot, "", by=self.nurse, now=NOON)
        db.session.commit()

    def receive(self, vaccine, doses=1):
        product = lots.product_of(vaccine, "北京生物")
        facts = (self.centre.id, product, f"{vaccine}-2", date(2027, 12, 31), doses)
        lots.receive(*facts, by=self.nurse, now=NOON)
        db.session.commit()


def purpose(visit):
    """What the visit is for, as the database has it: series, dose, vaccine."""
    db.session.expire_all()
    query = select(
        DoseReservation.series, DoseReservation.dose_number, DoseReservation.vaccine
    ).where(DoseReservation.appointment_id == visit.id, DoseReservation.released_at.is_(None))
    return sorted(" ".join(map(str, row)) for row in db.session.execute(query))


def all_is_well(now=NOON):
    """What `schedule verify` finds: nothing, if all is well."""
    found = broken_promises(now=now) + broken_ages(now=now) + broken_stock() + broken_reservations()
    return found + broken_records(now=now)
