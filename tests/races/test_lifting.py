"""Hours shut while a closure over them is lifted, or a check-in in them is taken back: they stay shut.

On both engines, by processes of their own. Each has a twin without its protections that must fail.
"""

from datetime import time

import pytest
from sqlalchemy import select

from clinic.centres.models import Closure
from clinic.db import db
from clinic.scheduling import attendance
from clinic.scheduling.models import Appointment, Slot
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.makes import make_child
from tests.races import lifting
from tests.races.doors import Somebody, at_once
from tests.races.lifting import AT_NINE
from tests.scheduling.clinic import Clinic

WHOLE_DAY = ("close", time(0), time(23))
FROM_TEN = ("close", time(10), time(23))


def someone(race, deed, sight="sees"):
    return Somebody(race, lifting.act, sight, *deed)


def both_orders(*deeds):
    return pytest.mark.parametrize("deeds", [deeds, deeds[::-1]], ids=["as named", "other way"])


def one_after_the_other(race, *deeds):
    """Blind ones: all have looked before the first acts, and each ends before the next begins."""
    people = [someone(race, deed, "blind") for deed in deeds]
    for one in people:
        one.hear("ready")
    answers = []
    for one in people:
        one.go()
        answers.append(one.answer())
    db.session.rollback()
    db.session.expire_all()
    return answers


def open_slots():
    return db.session.scalars(
        select(Slot.starts_at).where(Slot.closed_at.is_(None)).order_by(Slot.starts_at)
    ).all()


@pytest.fixture
def shut(race):
    """A closure of the whole of tomorrow, which displaced one family from its time at ten."""
    clinic = Clinic()
    clinic.book(4)
    clinic.do(clinic.close(), now=AT_NINE)
    return "lift", db.session.scalars(select(Closure.id)).one()


@both_orders("lift", FROM_TEN)
def test_what_is_shut_anew_while_the_day_opens_again_stays_shut(race, shut, deeds):
    answers = at_once([someone(race, shut if one == "lift" else one) for one in deeds])

    assert sorted(answers) == ["closed", "lifted"]
    assert len(open_slots()) == 4
    assert max(open_slots()) < AT_NINE.replace(hour=AT_NINE.hour + 1)
    assert [status_of(one) for one in db.session.scalars(select(Appointment))] == [Status.DISPLACED]
    assert broken_promises() == []


def test_its_twin_that_opens_what_it_saw_first_opens_shut_hours(race, shut):
    assert one_after_the_other(race, FROM_TEN, shut) == ["closed", "lifted"]

    assert any("open while its centre or room is shut" in one for one in broken_promises())


@pytest.fixture
def here(race):
    """A child who was checked in at nine for the first of eight times."""
    clinic = Clinic()
    visit = clinic.book(0)
    attendance.check_in(visit, by=clinic.manager, now=AT_NINE)
    db.session.commit()
    return clinic, visit


@both_orders("undo", WHOLE_DAY)
def test_a_check_in_taken_back_as_the_day_shuts_needs_a_new_time(race, here, deeds):
    undo = ("undo", here[1].id)
    answers = at_once([someone(race, undo if one == "undo" else one) for one in deeds])

    assert sorted(answers) == ["closed", "undone"]
    assert status_of(here[1]) is Status.DISPLACED
    assert open_slots() == []
    assert broken_promises() == []


def test_its_twin_that_looked_before_keeps_a_family_in_a_shut_room(race, here):
    assert one_after_the_other(race, WHOLE_DAY, ("undo", here[1].id)) == ["closed", "undone"]

    assert status_of(here[1]) is Status.BOOKED
    assert broken_promises() != []


@both_orders("undo", "book")
def test_nobody_books_the_place_of_who_was_here_when_it_shut(race, here, deeds):
    clinic, visit = here
    clinic.do(clinic.close(), now=AT_NINE)
    book = ("book", make_child().id, visit.slot_id)
    undo = ("undo", visit.id)
    answers = at_once([someone(race, undo if one == "undo" else book) for one in deeds])

    assert "undone" in answers
    assert not {"booked"} & set(answers)
    assert open_slots() == []
    assert broken_promises() == []


def test_its_twin_that_shuts_nothing_behind_lets_somebody_in(race, here):
    clinic, visit = here
    clinic.do(clinic.close(), now=AT_NINE)
    book = ("book", make_child().id, visit.slot_id)

    assert one_after_the_other(race, ("undo", visit.id), book) == ["undone", "booked"]
    assert any("open while its centre or room is shut" in one for one in broken_promises())
