"""Nurses who give the same dose at the same moment, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from clinic.accounts.models import Profession, Role
from clinic.db import db
from clinic.reservations.verify import broken_reservations
from clinic.vaccination.jab.models import GivenDose, PostVaccinationStay
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Immunization, Source
from clinic.vaccination.record.rules import Entry
from clinic.vaccination.stock import lots
from clinic.vaccination.stock.verify import broken_stock
from tests.makes import NOON, TOMORROW, make_user
from tests.promises import drop_promises, is_sqlite
from tests.races import giving
from tests.races.doors import Somebody, at_once, let_go
from tests.vaccination.jab.at_the_jab import ON_THE_DAY, Day
from tests.vaccination.stock.stocked import MMR, Centre

NURSES = 3


def give_at_once(race, visit_id, nurses, sight="sees"):
    """Each nurse at this visit, in a process of her own; how they ended."""
    return all_at_once(race, [(visit_id, nurse) for nurse in nurses], sight)


def all_at_once(race, things, sight):
    """Each (visit, nurse) in a process of its own; how they ended."""
    return at_once([Somebody(race, giving.nurse, visit, one.id, sight) for visit, one in things])


@pytest.mark.parametrize("doses", [1, 5])
def test_the_same_dose_is_given_once(race, doses):
    day = Day(doses=doses)
    day.answer()
    centre = day.practitioner.centre
    nurses = [
        make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=centre)
        for _ in range(NURSES)
    ]
    assert set(give_at_once(race, day.visit.id, nurses)) == {
        "done"
    }  # who came second saved it again
    assert db.session.query(Immunization).count() == 1
    assert db.session.query(GivenDose).count() == 1
    assert db.session.query(PostVaccinationStay).count() == 1
    assert day.counts() == (doses - 1, 0)
    assert broken_stock() == broken_reservations() == []


def test_nurses_who_see_nothing_are_stopped_by_the_database(race):
    day = Day(doses=5)
    day.answer()
    nurses = [
        make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=day.practitioner.centre)
        for _ in range(NURSES)
    ]
    answers = give_at_once(race, day.visit.id, nurses, "blind")
    assert answers.count("done") == 1
    assert db.session.query(Immunization).count() == 1


def test_their_twin_without_the_unique_day_gives_it_to_the_child_again(race):
    day = Day(doses=5)
    day.answer()
    nurses = [
        make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=day.practitioner.centre)
        for _ in range(NURSES)
    ]
    db.session.commit()
    db.session.execute(text("DROP INDEX uq_immunizations_live_day"))
    answers = give_at_once(race, day.visit.id, nurses, "blind")
    assert answers.count("done") > 1
    assert db.session.query(Immunization).count() > 1


@pytest.mark.parametrize(
    ("sight", "answer"),
    [("sees", "NeedsReason"), pytest.param("blind", "done", id="twin that believes the page")],
)
def test_a_dose_entered_as_given_elsewhere_while_it_is_being_given(race, sight, answer):
    day = Day()
    day.answer()
    give = (giving.give_what_was_shown, day.visit.id, day.vaccinator.id, sight)
    nurse = Somebody(race, *give)
    nurse.hear("ready")
    entry = Entry("MMR", TOMORROW - timedelta(days=2))
    recording.record(day.child, [entry], by=day.parent, source=Source.BOOKLET, now=ON_THE_DAY)
    db.session.commit()
    assert let_go([nurse]) == [answer]
    assert db.session.query(GivenDose).count() == (answer == "done")


def two_visits_one_dose():
    """Of two doses one was reserved for each; one of these was spoilt since. And who wants to give it."""
    day = Day(doses=2)
    first = day.visit
    day.answer()
    day.visit = Centre.visit(day, MMR, by=day.parent)
    day.answer()
    lots.waste(day.lot, 1, "broken", by=day.nurse, now=NOON)
    nurse = make_user(
        Role.CLINICIAN, profession=Profession.VACCINATOR, centre=day.practitioner.centre
    )
    return day, [(first.id, day.vaccinator), (day.visit.id, nurse)]


@pytest.mark.parametrize("sight", ["sees", "careless"])
def test_the_last_dose_is_given_to_one_of_two_children(race, sight):
    day, things = two_visits_one_dose()
    assert all_at_once(race, things, sight).count("done") == 1
    assert db.session.query(Immunization).count() == 1
    assert day.counts() == (0, 0)


def test_its_twin_without_the_databases_promises_gives_it_to_both(race):
    _, things = two_visits_one_dose()
    drop_promises()
    if not is_sqlite():  # which is told to pass over its checks, connection by connection
        db.session.execute(text("ALTER TABLE vaccine_lots DROP CONSTRAINT ck_vaccine_lots_enough"))
        db.session.commit()
    assert all_at_once(race, things, "unchecked") == ["done", "done"]
    assert db.session.query(Immunization).count() == 2
