"""A child's record is what the database says; what is remembered of the stock, only while it is so."""

from datetime import date, time, timedelta

import pytest

from clinic.clock import at, clinic_day
from clinic.db import db
from clinic.families.models import Child, Sex
from clinic.scheduling.appointments import booking
from clinic.vaccination.doses.records import cases_of, records_of
from clinic.vaccination.doses.requirements import DoseRequirements
from clinic.vaccination.doses.shelves import Shelves
from clinic.vaccination.programme.child import Dose
from clinic.vaccination.programme.legal import Booked
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import (
    ChildCondition,
    Condition,
    Immunization,
    Source,
)
from clinic.vaccination.record.plan import patients_of
from clinic.vaccination.stock import lots
from clinic.vaccination.stock.models import VaccineLot
from tests.makes import NOON, save
from tests.queries import count_queries
from tests.vaccination.stock.stocked import MMR, NEXT_WEEK, Centre

TODAY = date(2026, 3, 2)


class Record:
    """A centre with a lot, a child of which everything is on record that a vaccination asks for."""

    def __init__(self):
        self.centre = Centre()
        self.lot = self.centre.receive(20)
        self.visit = self.centre.visit(MMR)
        self.child_id, by = self.visit.child_id, self.centre.nurse.id
        self.given = save(
            Immunization(
                child_id=self.child_id,
                vaccine="HepB",
                given_on=date(2025, 9, 1),
                source=Source.STAFF,
                entered_at=NOON,
                entered_by_id=by,
            )
        )
        self.condition = save(
            ChildCondition(
                child_id=self.child_id,
                code=Condition.HIV_EXPOSED,
                recorded_at=NOON,
                recorded_by_id=by,
            )
        )
        db.session.commit()

    @property
    def child(self):
        return db.session.get_one(Child, self.child_id)

    def terms(self):
        found = DoseRequirements([self.child_id], {}, None, TODAY, NOON)
        found.lacks(self.centre.id, TODAY)
        return found


@pytest.fixture
def record(both):
    return Record()


def is_a_girl(record):
    record.child.sex = Sex.FEMALE if record.child.sex is Sex.MALE else Sex.MALE


def was_born_earlier(record):
    record.child.birth_date -= timedelta(days=40)


def was_light(record):
    record.child.birth_weight_g = 1500


def is_given_one(record):
    again = {"vaccine": "HepB", "given_on": date(2025, 10, 1), "source": Source.STAFF}
    save(
        Immunization(
            child_id=record.child_id,
            entered_at=NOON,
            entered_by_id=record.centre.nurse.id,
            **again,
        )
    )


def one_is_voided(record):
    record.given.voided_at, record.given.voided_by_id = NOON, record.centre.nurse.id


def one_is_deleted(record):
    db.session.delete(record.given)


def has_a_condition(record):
    by = record.centre.nurse.id
    save(
        ChildCondition(
            child_id=record.child_id,
            code=Condition.IMMUNODEFICIENT,
            recorded_at=NOON,
            recorded_by_id=by,
        )
    )


def a_condition_ends(record):
    record.condition.ended_at = NOON
    record.condition.ended_by_id = record.centre.nurse.id


def the_visit_is_cancelled(record):
    booking.cancel(record.visit, by=record.centre.nurse, online=False, now=NOON)


def the_visit_is_at_another_day(record):
    record.visit.starts_at = at(NEXT_WEEK, time(9))
    record.visit.ends_at = at(NEXT_WEEK, time(9, 20))


CHANGES = [
    is_a_girl,
    was_born_earlier,
    was_light,
    is_given_one,
    one_is_voided,
    one_is_deleted,
    has_a_condition,
    a_condition_ends,
    the_visit_is_cancelled,
    the_visit_is_at_another_day,
]


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_record_is_seen(record, change):
    before = record.terms().cases[record.child_id]
    change(record)
    db.session.commit()
    after = record.terms().cases[record.child_id]
    assert after != before
    assert after.child == patients_of([record.child])[record.child_id]
    assert after.given == recording.doses_of([record.child_id])[record.child_id]


def test_a_record_holds_what_is_booked_from_today_on(record):
    booked = {"series": "MMR", "dose": Dose("MMR", clinic_day(record.visit.starts_at)), "number": 1}
    of_the_visit = Booked(**booked, appointment_id=record.visit.id)

    def seen(**limits):
        asked = {"today": TODAY} | limits
        return cases_of([record.child_id], **asked)[record.child_id].booked

    assert seen() == (of_the_visit,)
    assert seen(but=record.visit) == ()
    assert seen(today=of_the_visit.dose.given_on) == (of_the_visit,)
    assert seen(today=of_the_visit.dose.given_on + timedelta(days=1)) == ()


def test_the_records_of_two_children_stay_apart(record):
    other = Record()
    db.session.commit()
    both = cases_of([other.child_id, record.child_id], today=TODAY)
    assert both == {
        child_id: cases_of([child_id], today=TODAY)[child_id]
        for child_id in (record.child_id, other.child_id)
    }


def comes_more(record):
    record.centre.receive(3, number="B9")


def some_spoils(record):
    lots.waste(
        db.session.get_one(VaccineLot, record.lot.id), 4, "", by=record.centre.nurse, now=NOON
    )


def expires_sooner(record):
    db.session.get_one(VaccineLot, record.lot.id).expires_on = NEXT_WEEK


def is_reserved(record):
    record.centre.visit(MMR)


def is_recalled(record):
    lots.recall(db.session.get_one(VaccineLot, record.lot.id), "", by=record.centre.nurse, now=NOON)


@pytest.mark.parametrize(
    "change", [comes_more, some_spoils, expires_sooner, is_reserved, is_recalled]
)
def test_a_changed_stock_is_read_again(record, change):
    def shelves():
        return Shelves(["MMR"], now=NOON, version=records_of([], today=TODAY).stock_version).left

    before = shelves()
    assert before == Shelves(["MMR"], now=NOON).left
    change(record)
    db.session.commit()
    after = shelves()
    assert after == Shelves(["MMR"], now=NOON).left
    assert after != before


def test_a_stock_that_is_remembered_is_not_asked_for_again(record):
    record.terms()
    assert count_queries(record.terms) == 1  # for the records, and whether the stock has changed
