"""Hours are shut while something over them is lifted, or a place in them becomes free: they stay shut.

On both engines, by processes of their own. Each has a twin without its protections that must fail.
"""

from datetime import time

import pytest
from sqlalchemy import select

from clinic.audit.trail import AuditEvent
from clinic.centres.models import Closure
from clinic.db import db
from clinic.scheduling.changes.kinds import withdrawal
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Slot
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.makes import make_child
from tests.races import lifting
from tests.races.doors import Somebody, at_once
from tests.races.lifting import AT_NINE
from tests.scheduling.changes.clinic import Clinic

WHOLE_DAY = ("close", time(0), time(23))
FROM_TEN = (time(10), time(23))
FREES = pytest.mark.parametrize("frees", ["undo", "no_show"])


def someone(race, deed, sight="sees"):
    return Somebody(race, lifting.act, sight, *deed)


def one_after_the_other(race, *deeds):
    """Blind ones: all have looked before the first acts, and each ends before the next begins."""
    people = [someone(race, deed, "blind") for deed in deeds]
    for person in people:
        person.hear("ready")
    answers = []
    for person in people:
        person.go()
        answers.append(person.answer())
    db.session.rollback()
    db.session.expire_all()
    return answers


def open_slots():
    return db.session.scalars(
        select(Slot.starts_at).where(Slot.closed_at.is_(None)).order_by(Slot.starts_at)
    ).all()


@pytest.fixture
def shut(race):
    """What opens the whole of tomorrow again, which displaced one family from its time at ten."""
    clinic = Clinic()
    clinic.book(4)

    def by(how):
        if how == "reopen":
            clinic.do(withdrawal(clinic.session), now=AT_NINE)
            return how, clinic.session.id
        clinic.do(clinic.close(), now=AT_NINE)
        return how, db.session.scalars(select(Closure.id)).one()

    return by


@pytest.mark.parametrize(
    ("opens", "shuts", "order"),
    [("lift", "close", 1), ("lift", "close", -1), ("lift", "away", 1), ("reopen", "away", -1)],
)
def test_what_is_shut_anew_while_it_opens_again_stays_shut(race, shut, opens, shuts, order):
    deeds = [shut(opens), (shuts, *FROM_TEN)]
    answers = at_once([someone(race, deed) for deed in deeds[::order]])

    # Whoever came back before it was shut anew has lost the time again, and was shown.
    assert sorted(answer.split()[0] for answer in answers) == ["opened", "shut"]
    assert len(open_slots()) == 4
    assert max(open_slots()) < AT_NINE.replace(hour=AT_NINE.hour + 1)
    assert [status_of(appointment) for appointment in db.session.scalars(select(Appointment))] == [
        Status.DISPLACED
    ]
    assert broken_promises() == []


@pytest.mark.parametrize(
    ("opens", "shuts"), [("lift", "close"), ("lift", "away"), ("reopen", "away")]
)
def test_its_twin_that_opens_what_it_saw_first_opens_shut_hours(race, shut, opens, shuts):
    again = shut(opens)
    assert one_after_the_other(race, (shuts, *FROM_TEN), again) == ["shut", "opened 1"]

    assert any(
        "open while its centre or room is shut" in broken_promise
        or "open while its practitioner" in broken_promise
        for broken_promise in broken_promises()
    )


def told():
    """How often the trail tells that something was lifted, and that somebody came back."""
    actions = db.session.scalars(select(AuditEvent.action)).all()
    return actions.count("lift"), actions.count("restore")


def test_who_comes_back_when_two_lift_one_closure_comes_back_once(race, shut):
    again = shut("lift")
    answers = at_once([someone(race, again) for _ in "ab"])

    assert sorted(answers) == ["opened 0", "opened 1"]
    assert told() == (1, 1)
    assert len(open_slots()) == 8
    assert [status_of(appointment) for appointment in db.session.scalars(select(Appointment))] == [
        Status.BOOKED
    ]
    assert broken_promises() == []


def test_its_twin_that_does_not_look_whether_it_is_lifted_lifts_it_twice(race, shut):
    """And yet nobody comes back twice: `restore` asks for those who have no time."""
    again = shut("lift")

    assert one_after_the_other(race, again, again) == ["opened 1", "opened 0"]
    assert told() == (2, 1)


@pytest.fixture
def here(race):
    """A child who was checked in at nine for the first of eight times."""
    clinic = Clinic()
    visit = clinic.book(0)
    attendance.check_in(visit, by=clinic.manager, now=AT_NINE)
    db.session.commit()
    return clinic, visit


def leaves(frees):
    return Status.DISPLACED if frees == "undo" else Status.NO_SHOW


@FREES
@pytest.mark.parametrize("order", [1, -1], ids=["as named", "other way"])
def test_a_place_that_frees_as_the_day_shuts_is_shut_too(race, here, frees, order):
    """A check-in taken back, or a child who has gone; and somebody who would like to have the place."""
    _, visit = here
    deeds = [(frees, visit.id), ("book", make_child().id, visit.slot_id), WHOLE_DAY]
    answers = at_once([someone(race, deed) for deed in deeds[::order]])

    assert {"freed", "shut"} <= set(answers)
    first, *others = db.session.scalars(select(Appointment).order_by(Appointment.id))
    assert status_of(first) is leaves(frees)
    # Whoever was so quick as to book before it was shut lost the time like everybody.
    assert [status_of(other) for other in others] == [Status.DISPLACED] * answers.count("booked")
    assert open_slots() == []
    assert broken_promises() == []


def test_its_twin_that_looked_before_keeps_a_family_in_a_shut_room(race, here):
    assert one_after_the_other(race, WHOLE_DAY, ("undo", here[1].id)) == ["shut", "freed"]

    assert status_of(here[1]) is Status.BOOKED
    assert broken_promises() != []


@FREES
@pytest.mark.parametrize("order", [1, -1], ids=["as named", "other way"])
def test_nobody_books_the_place_of_who_was_here_when_it_shut(race, here, frees, order):
    clinic, visit = here
    clinic.do(clinic.close(), now=AT_NINE)
    deeds = [(frees, visit.id), ("book", make_child().id, visit.slot_id)]
    answers = at_once([someone(race, deed) for deed in deeds[::order]])

    assert "freed" in answers
    assert not {"booked"} & set(answers)
    assert status_of(visit) is leaves(frees)
    assert open_slots() == []
    assert broken_promises() == []


@FREES
def test_its_twin_that_shuts_nothing_behind_lets_somebody_in(race, here, frees):
    clinic, visit = here
    clinic.do(clinic.close(), now=AT_NINE)
    book = ("book", make_child().id, visit.slot_id)

    assert one_after_the_other(race, (frees, visit.id), book) == ["freed", "booked"]
    assert any(
        "open while its centre or room is shut" in broken_promise
        for broken_promise in broken_promises()
    )
