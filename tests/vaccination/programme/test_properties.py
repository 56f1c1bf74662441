"""What holds for every child and history, in every series: no day too soon, none too late, and bookings agree."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from clinic.vaccination.programme.child import Condition, Dose
from clinic.vaccination.programme.forecast import forecast
from clinic.vaccination.programme.legal import ChildRecord, objections
from clinic.vaccination.programme.national import national, period
from clinic.vaccination.programme.needs import HPV_FROM, SERIES
from tests.vaccination.programme.histories import TODAY, records

pytestmark = pytest.mark.heavy("many histories")

WEAK = {Condition.HIV_EXPOSED, Condition.IMMUNODEFICIENT}
# The rows of the table; and what the text says beside it, by vaccine and number: age, interval.
ROWS = {
    (code.partition("/")[0], row.vaccine, row.number): (row.min_age, row.after_previous)
    for code, rows in national().series.items()
    if code not in ("HEPB/LBW_HBSAG", "DTAP/DT")
    for row in rows
}
LIGHT = {
    series_dose.number: (series_dose.min_age, series_dose.after_previous)
    for series_dose in national().series["HEPB/LBW_HBSAG"]
}
DT_GAPS = [None, period("P1M"), period("P6M"), period("P6M"), period("P12M")]


def row_of(child, line, valid):
    """From which age, and how long after the dose before."""
    months = period("P4M"), period("P28D")
    if (
        line.series == "HEPB"
        and {Condition.MOTHER_HBSAG, Condition.UNDER_2000_G} <= child.conditions
    ):
        return LIGHT[line.number]
    if line.series == "DTAP" and line.vaccine == "DT":
        return period("P7Y"), DT_GAPS[len(valid)]
    if line.series == "POLIO" and line.number > 2 and line.vaccine == "IPV":
        second = national().with_antigen("POLIO2")
        is_missing = sum(dose.vaccine in second for dose in valid) < 2
        return months if is_missing else ROWS["POLIO", "bOPV", min(line.number, 4)]
    if line.series == "POLIO" and line.number > 4:
        return ROWS["POLIO", "bOPV", 4]
    if line.series == "JE" and WEAK & child.conditions and valid and valid[0].vaccine == "JE-L":
        return ROWS["JE", "JE-L", line.number]
    if line.series == "MEN" and line.number == 3:
        early = len(valid)
        return (period("P3Y"), period("P12M")) if early == 2 else (period("P24M"), period("P3M"))
    if line.series == "HPV" and line.number == 2:
        return period("P13Y"), period("P6M")
    return ROWS[line.series, line.vaccine, line.number]


def first_day(child, history, line):
    """The latest of everything that the table and the text ask for."""
    valid = [dose.dose for dose in line.doses if dose.is_valid]
    age, gap = row_of(child, line, valid)
    days = [age.after(child.birth_date)]
    if line.doses and gap and valid:  # also from one that was too soon to count
        days += [
            gap.after(valid[-1].given_on),
            gap.after(max(valid[-1], line.doses[-1].dose, key=lambda one: one.given_on).given_on),
        ]
    if line.series == "HEPB" and line.number == 3 and age == period("P6M"):
        days.append(period("P4M").after(valid[0].given_on))
    if line.series == "HPV" and line.number == 1:
        days.append(HPV_FROM)
    vaccines = national().vaccines
    if vaccines[line.vaccine].live_injected:
        days += [
            dose.given_on + timedelta(days=28)
            for dose in history
            if vaccines[dose.vaccine].live_injected
        ]
        if line.vaccine != "BCG":
            globulin = [
                *child.immunoglobulin_on,
                *(dose.given_on for dose in history if dose.vaccine == "IG"),
            ]
            days += [period("P3M").after(day) for day in globulin]
    return max(days)


@settings(max_examples=200, deadline=None)
@given(records())
def test_a_forecast_is_the_latest_of_its_age_and_intervals_no_day_sooner_no_day_later(record):
    child, history = record
    for line in forecast(child, history, TODAY):
        if line.vaccine:
            event(f"{line.series} {line.vaccine} {line.number}")
            assert line.earliest == first_day(child, history, line), line


@settings(max_examples=100, deadline=None)
@given(records())
def test_every_line_says_why_in_both_languages_and_by_which_rule(record):
    lines = forecast(*record, TODAY)
    assert [line.series for line in lines] == list(SERIES)
    for line in lines:
        assert line.rule, line
        assert any("一" <= letter <= "鿿" for letter in line.why.zh), line
        assert line.why.en, line
        assert line.why.en.isascii(), line
        for dose in line.doses:  # what does not count says why
            assert dose.is_valid == (dose.why is None), line


@settings(
    max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    records(), st.sets(st.sampled_from(sorted(SERIES)), min_size=1, max_size=3), st.integers(0, 60)
)
def test_a_booking_accepts_what_the_forecast_says_is_legal_and_only_that(
    app, record, series, ahead
):
    (child, history), day = record, TODAY + timedelta(days=ahead)
    lines = {verdict.series: verdict for verdict in forecast(child, history, day)}
    with app.test_request_context():
        against = objections(ChildRecord(child, history), series, day)
    assert (not against) == all(lines[code].status in ("due", "overdue") for code in series)
    event("legal" if not against else against[0].code)
    first = against[0].works_from if against else None
    if first:  # the day that is named: the soonest on which the latest of them may be given
        then = {verdict.series: verdict for verdict in forecast(child, history, first)}
        day_before = {
            verdict.series: verdict
            for verdict in forecast(child, history, first - timedelta(days=1))
        }
        late = [code for code in series if lines[code].earliest == first]
        assert late
        assert all(then[code].may_be_given for code in late)
        assert not any(day_before[code].may_be_given for code in late)


@settings(max_examples=80, deadline=None)
@given(records())
def test_a_valid_dose_makes_no_other_series_earlier(record):
    """Whatever may be given today: a series that shares no antigen with it comes no sooner."""
    child, history = record
    before = {verdict.series: verdict for verdict in forecast(child, history, TODAY)}
    antigens = national().vaccines
    for line in before.values():
        if not line.may_be_given:
            continue
        after = {
            verdict.series: verdict
            for verdict in forecast(child, [*history, Dose(line.vaccine, TODAY)], TODAY)
        }
        for code, other in before.items():
            is_other = other.vaccine and antigens[line.vaccine].antigens.isdisjoint(
                antigens[other.vaccine].antigens
            )
            if is_other and after[code].earliest:
                event("moved" if after[code].earliest > other.earliest else "stays")
                assert after[code].earliest >= other.earliest, (line.vaccine, code)


@settings(max_examples=80, deadline=None)
@given(records(), st.randoms(use_true_random=False))
def test_the_order_of_the_history_does_not_matter(record, dice):
    child, history = record
    shuffled = list(history)
    dice.shuffle(shuffled)
    assert forecast(child, history, TODAY) == forecast(child, shuffled, TODAY)
