"""A record changes, and the visits that hang on it follow: on both engines, and `verify` finds the same."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from clinic.db import db
from clinic.families import reconciling
from clinic.scheduling.appointments import booking, questions
from clinic.scheduling.models import Question
from clinic.vaccination.doses.verify import broken_records
from clinic.vaccination.stock import reserving
from clinic.vaccination.stock.models import DoseReservation
from tests.makes import NOON, TOMORROW, make_child, make_hold
from tests.queries import count_queries
from tests.vaccination.doses.dependents import (
    BORN,
    IN_A_MONTH,
    MAY,
    Baby,
    all_is_well,
    purpose,
    slots_of,
)
from tests.world import World

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("long booklets")]
YESTERDAY = date(2026, 3, 1)
NOTHING_LEFT, NO_DOSE = Question.NOTHING_LEFT, Question.NO_DOSE
NOT_LEGAL, ANOTHER, NOT_ASKED = "not to be given", "another one is next", "nobody is asked"
THREE_WEEKS = timedelta(days=20)


@pytest.fixture
def baby(both):
    return Baby()


# For what a visit of tomorrow is booked, what happens, what it is for then, what is asked; and what
# `verify` finds if nobody looks again.
CASES = {
    "its dose was given elsewhere": (
        ["DTAP"],
        lambda baby: baby.enter(("DTaP", YESTERDAY)),
        [],
        NOTHING_LEFT,
        NOT_LEGAL,
    ),
    "one of two was given elsewhere": (
        ["DTAP", "POLIO"],
        lambda baby: baby.enter(("DTaP", YESTERDAY)),
        ["POLIO 3 bOPV"],
        None,
        NOT_LEGAL,
    ),
    "another dose was given elsewhere": (
        ["DTAP"],
        lambda baby: baby.enter(("IPV", YESTERDAY)),
        ["DTAP 2 DTaP"],
        None,
        "",
    ),
    "the dose before it was of another child": (
        ["DTAP"],
        lambda baby: baby.void("DTaP"),
        ["DTAP 1 DTaP"],
        None,
        ANOTHER,
    ),
    "the dose before it was of another child, and the same number is another vaccine": (
        ["POLIO"],
        lambda baby: baby.void("IPV"),
        ["POLIO 2 IPV"],
        None,
        ANOTHER,
    ),
    "the other vaccine is not to be had": (
        ["POLIO"],
        lambda baby: (baby.recall("IPV"), baby.void("IPV")),
        [],
        NO_DOSE,
        ANOTHER,
    ),
    "the child must not have it any more": (
        ["POLIO"],
        lambda baby: baby.has("immunodeficient"),
        ["POLIO 3 IPV"],
        None,
        ANOTHER,
    ),
    "the child is younger than was written": (
        ["DTAP", "POLIO"],
        lambda baby: baby.is_born(BORN + THREE_WEEKS),  # then the doses before came too soon
        ["DTAP 1 DTaP", "POLIO 2 IPV"],
        None,
        ANOTHER,
    ),
    "the child is older than was written": (
        ["DTAP"],
        lambda baby: baby.is_born(BORN - THREE_WEEKS),
        ["DTAP 2 DTaP"],
        None,
        "",
    ),
    "its lot was recalled": (
        ["DTAP"],
        lambda baby: baby.recall("DTaP"),
        [],
        NO_DOSE,
        NOT_ASKED,
    ),
    "one of its lots was recalled": (
        ["DTAP", "POLIO"],
        lambda baby: baby.recall("DTaP"),
        ["POLIO 3 bOPV"],
        None,
        "",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_what_a_visit_is_for_follows_the_record(baby, case):
    codes, change, expected, question, _ = CASES[case]
    visit = baby.book(TOMORROW, *codes)
    assert len(purpose(visit)) == len(codes)
    assert all_is_well() == []

    change(baby)

    assert purpose(visit) == expected
    assert visit.question is question
    assert all_is_well() == []


@pytest.mark.parametrize("case", CASES)
def test_verify_finds_what_nobody_looked_at(baby, case, monkeypatch):
    codes, change, *_, found = CASES[case]
    baby.book(TOMORROW, *codes)
    monkeypatch.setattr(reconciling, "reconcile", lambda *_, **__: None)
    monkeypatch.setattr(questions, "ask", lambda *_, **__: None)

    change(baby)

    said = broken_records(now=NOON)
    assert any(found in line for line in said) if found else said == []


def test_what_a_change_took_away_comes_back_with_the_next(baby):
    visit = baby.book(TOMORROW, "DTAP")
    baby.enter(("DTaP", YESTERDAY))
    assert (purpose(visit), visit.question) == ([], NOTHING_LEFT)

    baby.void("DTaP")

    assert (purpose(visit), visit.question) == (["DTAP 2 DTaP"], None)
    assert all_is_well() == []


def test_it_does_not_come_back_if_its_series_is_booked_elsewhere_by_now(baby):
    visit = baby.book(TOMORROW, "DTAP")
    baby.enter(("DTaP", YESTERDAY))
    later = baby.book(MAY, "DTAP")

    baby.void("DTaP")

    assert purpose(visit) == []
    assert purpose(later) == ["DTAP 2 DTaP"]
    assert all_is_well() == []


def test_the_next_dose_that_comes_is_reserved_for_who_lost_one_first(baby):
    visit = baby.book(TOMORROW, "DTAP")
    sibling = make_child(baby.parent, name="王一麦", birth_date=BORN)
    theirs = baby.book(TOMORROW, "DTAP", child=sibling)
    baby.recall("DTaP")
    assert visit.question is theirs.question is NO_DOSE

    baby.receive("DTaP", 1)

    assert (purpose(visit), visit.question) == (["DTAP 2 DTaP"], None)
    assert (purpose(theirs), theirs.question) == ([], NO_DOSE)
    assert all_is_well() == []


def test_a_visit_that_is_kept_is_not_asked_about_again(baby):
    visit = baby.book(TOMORROW, "DTAP")
    baby.enter(("DTaP", YESTERDAY))
    questions.keep(visit, by=baby.parent, now=NOON)
    db.session.commit()

    baby.enter(("IPV", YESTERDAY))

    assert visit.question is None
    assert all_is_well() == []


def test_a_visit_of_yesterday_stands_in_the_way_of_no_other(baby):
    """Nobody said how it ended; the dose was not given, and can be booked at another centre too."""
    baby.book(TOMORROW, "DTAP")
    later = NOON + timedelta(days=3)
    elsewhere = slots_of(World(service=baby.service))

    made = baby.book(IN_A_MONTH, "DTAP", slots=elsewhere, now=later)

    assert purpose(made) == ["DTAP 2 DTaP"]
    assert all_is_well(later) == []


def test_it_comes_back_when_the_other_visit_of_its_series_is_cancelled(baby):
    visit = baby.book(TOMORROW, "DTAP")
    baby.enter(("DTaP", YESTERDAY))
    later = baby.book(MAY, "DTAP")
    baby.void("DTaP")

    booking.cancel(later, by=baby.parent, online=True, now=NOON)
    db.session.commit()

    assert (purpose(visit), visit.question) == (["DTAP 2 DTaP"], None)
    assert all_is_well() == []


def test_what_is_kept_in_an_open_form_has_the_number_that_is_next(baby):
    wanted = baby.wanted(TOMORROW)
    hold = make_hold(wanted, by=baby.parent, now=NOON)
    reserving.reserve(
        [reserving.DoseToReserve("DTaP", "DTAP", 2)], hold=hold, by=baby.parent, now=NOON
    )
    db.session.commit()

    baby.void("DTaP")

    kept = db.session.scalars(
        select(DoseReservation).where(DoseReservation.hold_id == hold.id)
    ).one()
    assert kept.dose_number == 1


def test_as_many_questions_for_a_long_booklet_as_for_one_dose(baby):
    """A look at a record costs the same for one visit as for several, and for ten doses as for one."""
    one = count_queries(lambda: reconciling.reconcile([baby.child.id], by=baby.nurse, now=NOON))
    baby.book(TOMORROW, "DTAP")
    two = count_queries(lambda: reconciling.reconcile([baby.child.id], by=baby.nurse, now=NOON))
    baby.book(IN_A_MONTH, "POLIO")
    baby.book(MAY, "HEPB")
    assert (
        count_queries(lambda: reconciling.reconcile([baby.child.id], by=baby.nurse, now=NOON))
        <= two + 2
    )
    assert one <= 8
