"""Two nurses have one record before them: who comes second is told, on both engines."""

import pytest
from sqlalchemy import text

from clinic.accounts.models import Profession, Role
from clinic.db import db
from clinic.reservations.verify import broken_reservations
from clinic.vaccination.jab import giving
from clinic.vaccination.jab.models import GivenDose
from clinic.vaccination.jab.queries import lines_of
from clinic.vaccination.jab.rules import CHECKS
from clinic.vaccination.record.models import Correction, Immunization
from clinic.vaccination.stock.models import VaccineLot
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import TOMORROW, make_user
from tests.races import correcting
from tests.races.doors import Somebody, at_once
from tests.vaccination.jab.at_the_jab import LOT, ON_THE_DAY, Day

TOLD = ["ChangedMeanwhile", "done"]


def at_one_moment(race, lots, sight="sees"):
    """A dose was given; nurses correct its lot to these, or take it back (None). How they ended."""
    day = Day()
    for number in ("B7", "C3"):
        day.receive(5, number=number)
    day.answer()
    (line,) = [line for line in lines_of(day.visit, TOMORROW) if line.vaccine.code == "MMR"]
    jab = giving.Jab(line, LOT, "left arm")
    giving.give(day.visit, [jab], CHECKS, by=day.vaccinator, now=ON_THE_DAY)
    db.session.commit()
    given_id = db.session.query(GivenDose).one().id
    nurses = [
        make_user(
            Role.CLINICIAN, profession=Profession.VACCINATOR, centre=day.practitioner.centre
        ).id
        for _ in lots
    ]
    theirs = [(given_id, *each, sight) for each in zip(nurses, lots, strict=True)]
    return sorted(at_once([Somebody(race, correcting.nurse, *each) for each in theirs]))


def used():
    return {lot.number: lot.used for lot in db.session.query(VaccineLot)}


def test_of_two_corrections_one_is_taken(race):
    assert at_one_moment(race, ["B7", "C3"]) == TOLD
    row = db.session.query(Immunization).one()
    assert used() == {LOT: 0, "B7": 0, "C3": 0} | {row.lot_number: 1}
    assert row.lot_number != LOT
    assert db.session.query(Correction).count() == 1
    assert broken_stock() == broken_reservations() == []


def test_nurses_who_see_nothing_are_stopped_by_the_database(race):
    assert at_one_moment(race, ["B7", "C3"], "blind") == TOLD
    assert db.session.query(Correction).count() == 1
    assert broken_stock() == broken_reservations() == []


def test_their_twin_without_the_unique_number_corrects_what_nobody_saw(race):
    db.session.execute(text("DROP INDEX uq_immunization_corrections_number"))
    assert at_one_moment(race, ["B7", "C3"], "blind") == ["done", "done"]
    assert db.session.query(Correction).count() == 2


@pytest.mark.parametrize(
    ("sight", "answers"),
    [("sees", TOLD), pytest.param("blind", ["done", "done"], id="twin that looks at nothing")],
)
def test_what_is_taken_back_is_not_corrected_at_the_same_moment(race, sight, answers):
    assert at_one_moment(race, ["B7", None], sight) == answers
    row = db.session.query(Immunization).one()
    assert (row.voided_at is not None and row.lot_number != LOT) is (sight == "blind")
    assert broken_stock() == broken_reservations() == []
