"""What holds for every child by the CDC's schedule, whatever was given."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.vaccination.cdsi.course import AdministeredDose
from clinic.vaccination.cdsi.engine import assess
from clinic.vaccination.cdsi.schedule import cdc

BORN = date(2020, 2, 29)
CHILDHOOD = ("DTAP", "POL", "HepB", "HIB", "MMR", "VAR", "HepA", "ROTA", "PCV", "HPV", "MCV")
FIRST = {  # the minimum age of the first dose, by the CDC's published schedule
    "DTAP": "2020-04-11",
    "POL": "2020-04-11",
    "HepB": "2020-02-29",
    "HIB": "2020-04-11",
    "MMR": "2021-03-01",
    "VAR": "2021-03-01",
    "HepA": "2021-03-01",
    "ROTA": "2020-04-11",
    "PCV": "2020-04-11",
    "HPV": "2029-03-01",
    "MCV": "2031-03-01",
}


def vaccines(group):
    """The vaccines that hold an antigen of the group."""
    antigens = set(cdc().groups[group])
    return sorted(
        cvx
        for cvx, rows in cdc().vaccines.items()
        if antigens.intersection(name for name, _, _ in rows)
    )


@st.composite
def histories(draw, groups=CHILDHOOD):
    """A group, doses up to twelve years of age, and a day to look at them."""
    group = draw(st.sampled_from(groups))
    ages = st.integers(0, 4400)
    doses = [
        AdministeredDose(BORN + timedelta(days=draw(ages)), cvx)
        for cvx in draw(st.lists(st.sampled_from(vaccines(group)), max_size=7))
    ]
    return group, doses, BORN + timedelta(days=draw(ages))


@given(histories(), st.randoms())
def test_the_order_of_the_history_does_not_matter(history, random):
    group, doses, on = history
    shuffled = random.sample(doses, len(doses))
    assert assess(BORN, "F", shuffled, group, on) == assess(BORN, "F", doses, group, on)


@given(histories())
def test_a_dose_is_never_forecast_before_the_minimum_age_nor_out_of_order(history):
    group, doses, on = history
    found = assess(BORN, "F", doses, group, on)
    if found.status != "Not complete":
        assert (found.number, found.earliest, found.recommended, found.past_due) == (None,) * 4
        return
    assert date.fromisoformat(FIRST[group]) <= found.earliest <= found.recommended
    assert found.past_due is None or found.earliest <= found.past_due


@given(histories())
def test_every_dose_is_told_once_and_what_counts_is_numbered(history):
    group, doses, on = history
    found = assess(BORN, "F", doses, group, on)
    assert [evaluated_dose.dose for evaluated_dose in found.evaluation] == sorted(doses)
    assert all(
        (evaluated_dose.status == "Valid") == (evaluated_dose.reason is None)
        for evaluated_dose in found.evaluation
    )
    valid = sum(evaluated_dose.status == "Valid" for evaluated_dose in found.evaluation)
    assert found.number is None or found.number <= valid + 1


@given(histories(("MMR", "MCV")))
def test_where_there_is_one_series_a_later_dose_changes_nothing_about_those_before(history):
    group, doses, on = history
    before = [dose for dose in doses if dose.given_on < on]
    early = assess(BORN, "F", before, group, on).evaluation
    assert assess(BORN, "F", doses, group, on).evaluation[: len(before)] == early


@pytest.mark.parametrize("group", CHILDHOOD)
def test_a_child_without_history_gets_the_first_dose_at_the_minimum_age(group):
    found = assess(BORN, "F", [], group, BORN)
    assert (found.status, found.number) == ("Not complete", 1)
    assert found.earliest == date.fromisoformat(FIRST[group])


@pytest.mark.parametrize("group", CHILDHOOD)
def test_who_follows_the_forecast_completes_the_group(group):
    """A first-choice vaccine on every recommended day counts, until nothing is due before ten."""
    doses, on = [], BORN
    while (found := assess(BORN, "F", doses, group, on)).status == "Not complete":
        if found.recommended > date(2036, 1, 1):
            break
        on = found.recommended
        doses.append(AdministeredDose(on, USUAL[group](on)))
        assert len(doses) <= 7
        evaluation = assess(BORN, "F", doses, group, on).evaluation
        assert [evaluated_dose.status for evaluated_dose in evaluation] == ["Valid"] * len(doses)
    assert len(doses) == COURSE[group]


def always(cvx):
    """That vaccine at any age."""
    return lambda _: cvx


USUAL = {
    "DTAP": lambda on: "20" if on < date(2027, 3, 1) else "115",
    "POL": always("10"),
    "HepB": always("08"),
    "HIB": always("48"),
    "MMR": always("03"),
    "VAR": always("21"),
    "HepA": always("83"),
    "ROTA": always("116"),
    "PCV": always("215"),
    "HPV": always("165"),
    "MCV": always("203"),
}
COURSE = {
    "DTAP": 6,
    "POL": 4,
    "HepB": 3,
    "HIB": 4,
    "MMR": 2,
    "VAR": 2,
    "HepA": 2,
    "ROTA": 3,
    "PCV": 4,
    "HPV": 2,
    "MCV": 1,
}
