"""Typed amounts: units, refusals, questions."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.amounts import RANGES, How, Kind, NotANumber, OutOfRange, amount_of, written
from clinic.checkups.growth.measuring import (
    Measured,
    MeasuredBeforeBirth,
    NotYetMeasured,
    Patient,
    check_day,
    doubt_about,
    months_at,
    slip_in,
)

BORN = date(2025, 6, 2)
BOY = Patient(BORN, "M")
AT_NINE_MONTHS = date(2026, 3, 2)
A_MONTH_BEFORE = date(2026, 2, 1)


@given(
    st.sampled_from(list(Kind)).flatmap(lambda k: st.tuples(st.just(k), st.integers(*RANGES[k])))
)
def test_what_is_written_reads_back(case):
    kind, amount = case
    assert amount_of(kind, written(kind, amount)) == amount


@given(st.sampled_from(list(Kind)), st.text(max_size=8))
def test_any_text_is_an_amount_in_range_or_refused(kind, text):
    try:
        amount = amount_of(kind, text)
    except (NotANumber, OutOfRange):
        return
    assert RANGES[kind][0] <= amount <= RANGES[kind][1]


@pytest.mark.parametrize(
    ("kind", "text", "error"),
    [
        (Kind.HEAD, "450", OutOfRange),
        (Kind.WEIGHT, "9200", OutOfRange),
        (Kind.WEIGHT, "0", OutOfRange),
        (Kind.WEIGHT, "NaN", NotANumber),
        (Kind.WEIGHT, "Infinity", NotANumber),
        (Kind.LENGTH, "tall", NotANumber),
        (Kind.LENGTH, "", NotANumber),
    ],
)
def test_what_cannot_be_is_refused(kind, text, error):
    with pytest.raises(error):
        amount_of(kind, text)


@pytest.mark.parametrize(
    "text",
    [
        "15.5",
        "15。5",
        "１５．５",
        "15，5",
        "15,5",
        " 15.5 公斤",
        "１５．５ｋｇ",
        "15.5㎏",
        "15.50",
        "１５。５千克",
    ],
)
def test_a_number_as_it_is_typed(text):
    assert amount_of(Kind.WEIGHT, text) == 15500


def test_a_day_lies_between_birth_and_today():
    check_day(BORN, BORN, BORN)
    with pytest.raises(MeasuredBeforeBirth):
        check_day(BORN - timedelta(days=1), BORN, AT_NINE_MONTHS)
    with pytest.raises(NotYetMeasured):
        check_day(AT_NINE_MONTHS + timedelta(days=1), BORN, AT_NINE_MONTHS)


@pytest.mark.parametrize(
    ("kind", "typed", "number", "unit"),
    [
        (Kind.WEIGHT, "18.4", "9.2", "斤"),
        (Kind.LENGTH, "720", "72", "mm"),
        (Kind.LENGTH, "0.72", "72", "m"),
        (Kind.HEAD, "452", "45.2", "mm"),
        (Kind.HAEMOGLOBIN, "11.8", "118", "g/dL"),
        (Kind.WEIGHT, "9200", "9.2", "g"),
    ],
)
def test_another_unit_is_asked_about(kind, typed, number, unit):
    new = Measured(AT_NINE_MONTHS, kind, 1)
    doubt = doubt_about(typed, new, BOY, [])
    assert (doubt.params["number"], doubt.params["as_unit"]) == (number, unit)


def lengths(before, how_before, now, how_now):
    last = Measured(A_MONTH_BEFORE, Kind.LENGTH, before, how_before)
    new = Measured(AT_NINE_MONTHS, Kind.LENGTH, now, how_now)
    return doubt_about(written(Kind.LENGTH, now), new, BOY, [last])


@pytest.mark.parametrize(
    ("before", "how_before", "now", "how_now", "asked"),
    [
        (720, How.LYING, 719, How.LYING, True),
        (720, How.LYING, 720, How.LYING, False),
        # 0.7 cm of lying down are no shrinking; more is.
        (720, How.LYING, 713, How.STANDING, False),
        (720, How.LYING, 712, How.STANDING, True),
        (720, How.STANDING, 726, How.LYING, True),
    ],
)
def test_a_child_does_not_shrink(before, how_before, now, how_now, asked):
    assert (lengths(before, how_before, now, how_now) is not None) == asked


@pytest.mark.parametrize(
    ("before", "now", "asked"),
    [(9000, 9200, False), (9000, 7600, True), (7000, 10600, True), (4000, 7500, False)],
)
def test_a_big_change_of_weight_is_asked_about(before, now, asked):
    last = Measured(A_MONTH_BEFORE, Kind.WEIGHT, before)
    new = Measured(AT_NINE_MONTHS, Kind.WEIGHT, now)
    assert (doubt_about(written(Kind.WEIGHT, now), new, BOY, [last]) is not None) == asked


@pytest.mark.parametrize(
    ("weeks", "days", "before_real"),
    [(34, 200, 42), (36, 200, 28), (37, 200, 0), (None, 200, 0), (34, 731, 0)],
)
def test_age_is_corrected_for_preterm_children_until_24_months(weeks, days, before_real):
    real, corrected = months_at(Patient(BORN, "F", weeks), BORN + timedelta(days=days))
    assert (real - corrected) * 30.4375 == pytest.approx(before_real)


@pytest.mark.parametrize(
    ("kind", "text", "amount"),
    [
        (Kind.WEIGHT, "9.2 kg", 9200),
        (Kind.WEIGHT, "9.2公斤", 9200),
        (Kind.LENGTH, "72.5cm", 725),
        (Kind.LENGTH, "72.5 厘米", 725),
        (Kind.HAEMOGLOBIN, "118 g/L", 118),
        (Kind.TEMPERATURE, "36.8℃", 368),
    ],
)
def test_the_unit_may_be_typed_with_it(kind, text, amount):
    assert amount_of(kind, text) == amount
    assert slip_in(text, kind, BOY, AT_NINE_MONTHS) is None


@pytest.mark.parametrize(
    ("kind", "text", "accept"),
    [
        (Kind.WEIGHT, "18.4斤", "9.2"),
        (Kind.WEIGHT, "9200g", "9.2"),
        (Kind.WEIGHT, "9200", "9.2"),
        (Kind.LENGTH, "725mm", "72.5"),
        (Kind.LENGTH, "0.725米", "72.5"),
        (Kind.HEAD, "450", "45"),
        (Kind.HAEMOGLOBIN, "11.8 g/dL", "118"),
        (Kind.WEIGHT, "9200 mm", None),
        (Kind.WEIGHT, "斤", None),
        (Kind.WEIGHT, "99999斤", None),
        (Kind.LENGTH, "450", None),
    ],
)
def test_another_unit_is_asked_about_with_the_number_to_accept(kind, text, accept):
    slip = slip_in(text, kind, BOY, AT_NINE_MONTHS)
    assert (slip and slip.accept) == accept
    if accept and not text.isdigit():
        with pytest.raises(NotANumber):
            amount_of(kind, text)
