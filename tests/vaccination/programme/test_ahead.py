"""The rest of the programme, supposing that every dose is given on its first day."""

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.ages import add_months
from clinic.vaccination.programme.ahead import ahead
from clinic.vaccination.programme.child import Dose, Recipient
from clinic.vaccination.programme.forecast import forecast

BORN = date(2026, 3, 2)


def test_a_newborns_whole_programme_by_day():
    steps = ahead(Recipient(BORN, "M"), [], BORN)
    assert [(step.line.vaccine, step.line.number, step.line.earliest) for step in steps[:4]] == [
        ("BCG", 1, BORN),
        ("HepB", 1, BORN),
        ("HepB", 2, add_months(BORN, 1)),
        ("DTaP", 1, add_months(BORN, 2)),
    ]
    by_series: dict[str, int] = {}
    for step in steps:
        by_series[step.line.series] = by_series.get(step.line.series, 0) + 1
    assert by_series == {
        "BCG": 1,
        "HEPB": 3,
        "POLIO": 4,
        "DTAP": 5,
        "MMR": 2,
        "JE": 2,
        "MEN": 4,
        "HEPA": 1,
    }


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 72), st.sampled_from("MF"))
def test_given_as_it_says_the_child_is_complete_and_no_dose_comes_before_the_forecast(age, sex):
    child, on = Recipient(BORN, sex), add_months(BORN, age)
    steps = ahead(child, [], on)
    now = {
        verdict.series: verdict.earliest for verdict in forecast(child, [], on) if verdict.vaccine
    }
    assert {step.line.series: step.line.earliest for step in steps if step.is_next} == now
    doses = [
        Dose(step.line.vaccine, max(on, step.line.earliest))
        for step in steps
        if step.line.status != "needs_precondition"
    ]
    last = max(dose.given_on for dose in doses)
    left = {
        verdict.status
        for verdict in forecast(child, doses, last)
        if verdict.status not in ("complete", "aged_out", "not_applicable", "needs_precondition")
    }
    assert left == set()
