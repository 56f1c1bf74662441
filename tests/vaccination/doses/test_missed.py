"""A visit that was missed, or is taken back: what becomes of its doses."""

from datetime import date, timedelta

import pytest
from sqlalchemy import event

from clinic.db import db
from clinic.families import reconciling
from clinic.scheduling.appointments import questions
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Question
from clinic.scheduling.places import writes_alone
from tests.makes import TOMORROW, make_child
from tests.vaccination.doses.dependents import BORN, Baby, all_is_well, purpose

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("long booklets")]
YESTERDAY = date(2026, 3, 1)
NOTHING_LEFT, NO_DOSE = Question.NOTHING_LEFT, Question.NO_DOSE
NOT_LEGAL, ANOTHER, NOT_ASKED = "not to be given", "another one is next", "nobody is asked"


@pytest.fixture
def baby(both):
    return Baby()


def come_late(visit, by, now):
    attendance.check_in(visit, by=by, now=now)


def not_missed(visit, by, now):
    attendance.undo_no_show(visit, by=by, now=now)


def not_done(visit, by, now):
    attendance.undo_finish(visit, by=by, now=now)


def missed_tomorrow(baby, *codes, end=attendance.mark_no_show):
    """A visit of tomorrow that was missed, or is done; and the moment at which it was."""
    visit = baby.book(TOMORROW, *codes)
    now = visit.starts_at + timedelta(minutes=30)
    end(visit, by=baby.nurse, now=now, note="")
    db.session.commit()
    assert purpose(visit) == []
    return visit, now


@pytest.mark.parametrize(
    ("end", "take_back"),
    [
        (attendance.mark_no_show, come_late),
        (attendance.mark_no_show, not_missed),
        (attendance.finish, not_done),
    ],
)
def test_its_doses_are_reserved_again_for_a_visit_that_is_taken_back(baby, end, take_back):
    visit, now = missed_tomorrow(baby, "DTAP", "POLIO", end=end)
    for _ in range(2):
        take_back(visit, baby.nurse, now)
        db.session.commit()
        assert purpose(visit) == ["DTAP 2 DTaP", "POLIO 3 bOPV"]
        assert (visit.question, all_is_well(now)) == (None, [])
        if take_back is come_late:
            break  # who is here is not missed
        end(visit, by=baby.nurse, now=now, note="")
        db.session.commit()


def stock_locks(work):
    """The vaccines whose stock `work()` locks, statement by statement."""
    locked = []

    def note(connection, cursor, statement, parameters, context, executemany):
        if "FROM stock" in statement and "FOR UPDATE" in statement:
            values = parameters.values() if isinstance(parameters, dict) else parameters
            locked.append({value for value in values if isinstance(value, str)})

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return locked


def test_the_stock_of_visits_that_are_taken_back_is_locked_at_once(baby):
    """In its order, not visit by visit: else two that take stock wait for each other."""
    sibling = make_child(baby.parent, birth_date=BORN)
    visits = [baby.book(TOMORROW, "DTAP", "POLIO"), baby.book(TOMORROW, "HEPB", child=sibling)]
    now = visits[0].starts_at + timedelta(minutes=30)
    attendance.mark_all_no_show(visits, by=baby.nurse, now=now)
    db.session.commit()
    locked = stock_locks(lambda: attendance.undo_all_no_show(visits, by=baby.nurse, now=now))
    db.session.commit()
    assert [purpose(visit) for visit in visits] == [
        ["DTAP 2 DTaP", "POLIO 3 bOPV"],
        ["HEPB 1 HepB"],
    ]
    assert locked[:1] == ([] if writes_alone() else [{"DTaP", "bOPV", "HepB"}])


@pytest.mark.parametrize(
    ("meanwhile", "question"),
    [
        (lambda baby: baby.recall("DTaP"), NO_DOSE),
        (lambda baby: baby.enter(("DTaP", YESTERDAY)), NOTHING_LEFT),
    ],
)
def test_a_visit_taken_back_is_asked_about_if_its_dose_cannot_be(baby, meanwhile, question):
    visit, now = missed_tomorrow(baby, "DTAP")
    meanwhile(baby)
    not_missed(visit, baby.nurse, now)
    db.session.commit()
    assert (purpose(visit), visit.question, all_is_well(now)) == ([], question, [])

    questions.keep(visit, by=baby.nurse, now=now)
    reconciling.reconcile([baby.child.id], by=baby.nurse, now=now)
    assert visit.question is None


def test_what_was_lost_while_a_visit_was_missed_comes_with_the_next_lot(baby):
    visit, now = missed_tomorrow(baby, "DTAP")
    baby.recall("DTaP")
    not_missed(visit, baby.nurse, now)
    db.session.commit()
    baby.receive("DTaP")
    assert (purpose(visit), visit.question) == (["DTAP 2 DTaP"], None)


def test_verify_finds_a_visit_taken_back_that_has_no_dose(baby, monkeypatch):
    visit, now = missed_tomorrow(baby, "DTAP")
    monkeypatch.setattr(reconciling, "DEPENDENTS", ())
    not_missed(visit, baby.nurse, now)
    db.session.commit()
    (line,) = all_is_well(now)
    assert NOT_ASKED in line
