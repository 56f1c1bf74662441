"""Nurses who give the same dose at the same moment, on both engines."""

import pytest
from sqlalchemy import text

from clinic.accounts.models import Role
from clinic.db import db
from clinic.vaccination.models import Immunization
from clinic.vaccination.stock_verify import broken_stock
from clinic.vaccination.visit_models import GivenDose, Observation
from tests.makes import make_user
from tests.races import giving
from tests.races.doors import Somebody, at_once
from tests.vaccination.at_the_jab import Day

NURSES = 3


def give_at_once(race, visit_id, nurses, sight="sees"):
    """Each nurse in a process of her own; how they ended."""
    return at_once([Somebody(race, giving.nurse, visit_id, one.id, sight) for one in nurses])


@pytest.mark.parametrize("doses", [1, 5])
def test_the_same_dose_is_given_once(race, doses):
    day = Day(doses=doses)
    day.answer()
    centre = day.practitioner.centre
    nurses = [make_user(Role.CLINICIAN, centre=centre) for _ in range(NURSES)]
    assert set(give_at_once(race, day.visit.id, nurses)) == {
        "done"
    }  # who came second saved it again
    assert db.session.query(Immunization).count() == 1
    assert db.session.query(GivenDose).count() == 1
    assert db.session.query(Observation).count() == 1
    assert day.counts() == (doses - 1, 0)
    assert broken_stock() == []


def test_nurses_who_see_nothing_are_stopped_by_the_database(race):
    day = Day(doses=5)
    day.answer()
    nurses = [make_user(Role.CLINICIAN, centre=day.practitioner.centre) for _ in range(NURSES)]
    answers = give_at_once(race, day.visit.id, nurses, "blind")
    assert answers.count("done") == 1
    assert db.session.query(Immunization).count() == 1


def test_their_twin_without_the_unique_day_gives_it_to_the_child_again(race):
    day = Day(doses=5)
    day.answer()
    nurses = [make_user(Role.CLINICIAN, centre=day.practitioner.centre) for _ in range(NURSES)]
    db.session.commit()
    db.session.execute(text("DROP INDEX uq_immunizations_live_day"))
    answers = give_at_once(race, day.visit.id, nurses, "blind")
    assert answers.count("done") > 1
    assert db.session.query(Immunization).count() > 1
