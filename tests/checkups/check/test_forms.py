"""What a clinician typed: nothing raises, nothing disappears, nothing impossible is kept."""

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clinic.amounts import RANGES, Kind
from clinic.checkups.check.forms import read, typed_of, unfinished
from clinic.checkups.due.items import sheet
from clinic.checkups.due.schedule import check_ages
from clinic.checkups.growth.measuring import Measured, Patient

BORN, ON = date(2025, 2, 1), date(2026, 3, 3)
GIRL = Patient(BORN, "F")
SHEETS = {visit.id: sheet(visit, visit.items) for visit in check_ages()}
WORDS = st.one_of(
    st.sampled_from(
        ["", "yes", "no", "normal", "abnormal", "lying", "9.2", "18.4", "0.8", "agreed"]
    ),
    st.text(max_size=12),
)
SHEET = st.sampled_from(list(SHEETS.values()))
TYPED = SHEET.flatmap(
    lambda one: st.tuples(
        st.just(one), st.dictionaries(st.sampled_from([*one.fields, "else", "incomplete"]), WORDS)
    )
)


@settings(deadline=None)  # the first case reads the tables
@given(TYPED)
def test_every_field_is_read_refused_or_asked_about(case):
    asks, typed = case
    reading = read(asks, typed, GIRL, ON, [Measured(BORN, Kind.WEIGHT, 3200)], {})
    kinds = {measured.kind.value for measured in reading.measured.values()}
    for name in asks.fields:
        if typed.get(name) and name != "how":
            assert name in kinds | set(reading.found) | set(reading.errors)
    for measured in reading.measured.values():
        low, high = RANGES[measured.kind]
        assert low <= measured.amount <= high
    assert set(reading.found) <= set(asks.fields)
    assert set(unfinished(asks, typed, reading.found, 13)) <= set(asks.fields)


@given(SHEET, st.dictionaries(st.text(max_size=8), st.text(max_size=8)), st.text(max_size=8))
def test_whatever_a_browser_sends_becomes_a_page(asks, base, version):
    form = {"base": json.dumps(base), "version": version, "clashes": version}
    typed = typed_of(form, asks, {})
    assert set(typed.base) <= set(asks.fields)
    assert typed.version >= 0
    assert typed.clashes == ()


@given(TYPED)
def test_what_was_typed_goes_through_a_page_and_back(case):
    asks, fields = case
    sent = fields | {"base": json.dumps(fields), "version": "3", "action": "finish"}
    typed = typed_of(sent, asks, {})
    assert {name: typed.fields[name] for name in asks.fields} == {
        name: fields.get(name, "").strip() for name in asks.fields
    }
    assert (typed.version, typed.action) == (3, "finish")


@pytest.mark.parametrize(
    ("text", "is_read"),
    [
        ("0.8", 1),
        ("1.0", 1),
        ("4.9", 1),
        ("5.3", 1),
        ("0.08", 1),
        ("5.4", 0),
        ("80", 0),
        ("0,8", 0),
    ],
)
def test_sight_is_written_in_one_of_two_ways(text, is_read):
    reading = read(SHEETS["Y4"], {"acuity-left": text}, GIRL, ON, [], {})
    assert ("acuity-left" in reading.found, "acuity-left" in reading.errors) == (
        bool(is_read),
        not is_read,
    )


def test_one_tap_stands_for_the_number_that_was_meant():
    asks = SHEETS["M12"]
    typed = typed_of({"weight": "9200", "accept-weight": "9.2", "version": "1"}, asks, {})
    assert (typed.fields["weight"], typed.action) == ("9.2", "save")
    # Where something else still waits for a look, one tap saves nothing.
    sent = {"weight": "9200", "accept-weight": "9.2", "clashes": "head", "base": '{"head": "45"}'}
    assert typed_of(sent, asks, {}).action == "look"
