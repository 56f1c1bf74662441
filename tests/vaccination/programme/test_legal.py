"""What the forecast says may be given on a day, a visit of that day may be booked for, and nothing else."""

from datetime import date, timedelta

import pytest

from clinic.vaccination.programme.child import Condition, Dose, Recipient
from clinic.vaccination.programme.legal import (
    Booked,
    ChildRecord,
    candidates,
    lacks_booklet,
    objections,
    usual,
)

TODAY = date(2026, 3, 2)
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _in_a_request(app):
    """Sentences name vaccines in the reader's language."""
    with app.test_request_context():
        yield


def born(day, *doses, booked=(), sex="F", conditions=()):
    given = tuple(Dose(vaccine, on) for vaccine, on in doses)
    later = tuple(Booked(series, Dose(vaccine, on)) for series, vaccine, on in booked)
    return ChildRecord(Recipient(day, sex, frozenset(conditions)), given, later)


def codes(case, series, day):
    return [(objection.code, objection.works_from) for objection in objections(case, series, day)]


BABY = date(2025, 7, 10)  # eight months old on 10 March
CASES = {
    "due": (born(BABY), ["MMR"], date(2026, 3, 10), []),
    "a day before the age": (
        born(BABY),
        ["MMR"],
        date(2026, 3, 9),
        [("dose_too_soon", date(2026, 3, 10))],
    ),
    "all of them, or none; the longest wait is said first": (
        born(BABY),
        ["HEPA", "HEPB", "MMR"],
        date(2026, 3, 5),
        [("dose_too_soon", date(2027, 1, 10)), ("dose_too_soon", date(2026, 3, 10))],
    ),
    "two live vaccines on one day": (born(BABY), ["JE", "MMR"], date(2026, 3, 10), []),
    "a live one 28 days after another": (
        born(BABY, ("MMR", date(2026, 3, 10))),
        ["JE"],
        date(2026, 4, 6),
        [("dose_too_soon", date(2026, 4, 7))],
    ),
    "and from one that is booked": (
        born(BABY, booked=[("MMR", "MMR", date(2026, 3, 10))]),
        ["JE"],
        date(2026, 4, 6),
        [("dose_too_soon", date(2026, 4, 7))],
    ),
    "not so near before one that is booked": (
        born(BABY, booked=[("MMR", "MMR", date(2026, 3, 20))]),
        ["JE"],
        date(2026, 3, 12),
        [("dose_too_near", None)],
    ),
    "what is booked on the same day does no harm": (
        born(BABY, booked=[("MMR", "MMR", date(2026, 3, 20))]),
        ["JE"],
        date(2026, 3, 20),
        [],
    ),
    "one of a series at a time": (
        born(BABY, booked=[("MMR", "MMR", date(2026, 3, 10))]),
        ["MMR"],
        date(2026, 3, 9),
        [("dose_too_soon", date(2026, 3, 10))],
    ),
    "nor twice": (
        born(BABY, booked=[("MMR", "MMR", date(2026, 3, 20))]),
        ["MMR"],
        date(2026, 3, 12),
        [("dose_booked", None)],
    ),
    "complete": (born(BABY, ("BCG", BABY)), ["BCG"], TODAY, [("dose_not_possible", None)]),
    "not for boys": (born(BABY, sex="M"), ["HPV"], TODAY, [("dose_not_possible", None)]),
    "a doctor decides": (
        born(BABY, conditions=[Condition.IMMUNOSUPPRESSED]),
        ["MMR"],
        date(2026, 3, 10),
        [("dose_not_possible", None)],
    ),
    "no dose at all": (born(BABY), [], TODAY, []),
}


@pytest.mark.parametrize("name", CASES)
def test_rules(name):
    case, series, day, expected = CASES[name]
    assert codes(case, series, day) == expected


def test_what_is_due_is_ticked_else_what_comes_next():
    baby = born(BABY)
    due = usual(candidates(baby, TODAY), TODAY)
    assert due == {"HEPB", "DTAP", "POLIO", "MEN"}  # a doctor decides about BCG
    newborn = born(TODAY - DAY, ("BCG", TODAY - DAY), ("HepB", TODAY - DAY))
    assert usual(candidates(newborn, TODAY), TODAY) == {"HEPB"}


def test_no_more_is_ticked_than_one_visit_can_give_and_what_is_latest_goes_first():
    toddler = born(TODAY - 400 * DAY, ("HepB", TODAY - 400 * DAY))
    due = candidates(toddler, TODAY)
    assert sum(forecast.may_be_given for forecast in due) > 4
    assert usual(due, TODAY) == {"MMR", "JE", "MEN", "HEPB"}
    everything = {forecast.series for forecast in due if forecast.may_be_given}
    assert codes(toddler, everything, TODAY) == [("too_many", None)]
    assert codes(toddler, usual(due, TODAY), TODAY) == []


@pytest.mark.parametrize(
    ("age", "doses", "lacks"),
    [(0, (), False), (27, (), False), (31, (), True), (400, (), True), (400, ("HepB",), False)],
)
def test_from_a_month_on_a_child_has_a_booklet(age, doses, lacks):
    child = born(TODAY - age * DAY, *((dose, TODAY - DAY) for dose in doses))
    assert lacks_booklet(child, TODAY) == lacks


def test_what_is_far_away_is_not_ticked():
    newborn = born(TODAY, ("BCG", TODAY), ("HepB", TODAY), ("HepB", TODAY + 31 * DAY))
    later = TODAY + 31 * DAY
    assert usual(candidates(newborn, later), later) == {"POLIO", "DTAP"}  # in a month
    lines = [
        candidate for candidate in candidates(newborn, later) if candidate.series in ("MMR", "HPV")
    ]
    assert usual(lines, later) == set()
