"""Growth line by line, while it is typed."""

from datetime import date, timedelta

import pytest

from clinic.amounts import How, Kind
from clinic.checkups.growth.assessing import assessment
from clinic.checkups.growth.measuring import Measured, Patient
from clinic.checkups.growth.who import scores_2006

BORN = date(2025, 3, 2)
AT_ONE = date(2026, 3, 2)


def lines(patient, on, **amounts):
    how = amounts.pop("how", How.LYING)
    measured = {
        Kind(kind): Measured(on, Kind(kind), amount, how if kind == "length" else None)
        for kind, amount in amounts.items()
    }
    found, corrected = assessment(patient, on, measured)
    return {growth_line.name: growth_line for growth_line in found}, corrected


def test_whatever_is_there_is_read_and_no_more():
    girl = Patient(BORN, "F")
    assert lines(girl, AT_ONE) == ({}, None)
    found, corrected = lines(girl, AT_ONE, weight=9000)
    assert list(found) == ["Weight for age"]
    found, corrected = lines(girl, AT_ONE, weight=9000, length=740, head=450, haemoglobin=118)
    assert list(found) == [
        "Weight for age",
        "Length or height for age",
        "Weight for length or height",
        "BMI for age",
        "Head for age",
    ]
    assert corrected is None
    scores = scores_2006("F", 365, weight_kg=9, height_cm=74, head_cm=45, measured="lying")
    assert [assessed.z for assessed in found.values()] == list(scores.values())


@pytest.mark.parametrize(
    ("weight", "length", "word"),
    [
        (7000, 740, "低体重"),
        (6000, 740, "重度低体重"),
        (9000, 740, None),
    ],
)
def test_the_standards_own_word(weight, length, word):
    found, _ = lines(Patient(BORN, "F"), AT_ONE, weight=weight, length=length)
    assert found["Weight for age"].word == word


def test_a_child_measured_standing_counts_as_longer_below_two_years():
    boy = Patient(BORN, "M")
    lying, _ = lines(boy, AT_ONE, length=757)
    standing, _ = lines(boy, AT_ONE, length=750, how=How.STANDING)
    name = "Length or height for age"
    assert lying[name].z == standing[name].z


def test_a_preterm_child_is_read_younger_until_two():
    early, term = Patient(BORN, "M", 32), Patient(BORN, "M", 39)
    found, corrected = lines(early, AT_ONE, weight=9000)
    plain, none = lines(term, AT_ONE - timedelta(days=56), weight=9000)
    assert none is None
    assert corrected == pytest.approx((365 - 56) / 30.4375)
    assert found["Weight for age"].z == plain["Weight for age"].z
    _, after = lines(early, date(2027, 3, 3), weight=12000)
    assert after is None


def test_before_the_due_date_and_after_the_tables_nothing_is_made_up():
    early, _ = lines(Patient(BORN, "M", 28), BORN + timedelta(days=10), weight=1500, length=400)
    assert {(assessed.z, assessed.word, assessed.grade) for assessed in early.values()} == {
        (None, None, None)
    }
    old, _ = lines(Patient(date(2000, 1, 1), "M"), AT_ONE, weight=60000, how=How.STANDING)
    assert [(assessed.z, assessed.word) for assessed in old.values()] == [(None, None)]
