"""A dose is entered as given elsewhere while a visit is being booked for it, on both engines."""

from clinic.db import db
from clinic.scheduling.models import Appointment
from tests.races import recording
from tests.races.doors import Somebody
from tests.vaccination.doses.dependents import (
    IN_A_MONTH,
    Baby,
    all_is_well,
    purpose,
)


def at_the_same_time(race, sight):
    baby = Baby()
    slot = baby.slots[IN_A_MONTH][0]
    facts = (baby.child.id, baby.service.id, slot.id)
    family = Somebody(race, recording.book, *facts)
    other = Somebody(race, recording.enter, baby.child.id, baby.parent.id, sight)
    for each in (family, other):
        each.hear("ready")
    other.go()
    family.go()
    assert [each.answer() for each in (family, other)] == ["done", "done"]
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Appointment).one()


def test_what_was_booked_follows_what_was_entered(race):
    visit = at_the_same_time(race, "sees")
    assert all_is_well() == []
    assert purpose(visit) != ["DTAP 2 DTaP"]


def test_its_twin_that_looks_at_nothing_again_leaves_a_promise_of_a_dose_that_was_given(race):
    at_the_same_time(race, "alone")
    assert all_is_well() != []
