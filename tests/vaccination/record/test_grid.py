"""Which doses the booklet's page shows."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from clinic.vaccination.programme.national import period
from clinic.vaccination.record.grid import grid
from clinic.vaccination.record.models import Immunization

BIRTH = date(2012, 2, 1)


def names(shown):
    return {line.name for line in shown.lines}


@given(st.integers(0, 6000), st.booleans())
def test_only_what_is_usual_by_now_each_once_in_order(days, is_girl):
    today = BIRTH + timedelta(days)
    shown = grid(BIRTH, is_girl, [], today)
    assert all(line.usual <= today for line in shown.lines)
    assert len(names(shown)) == len(shown.lines)
    ages = [age.after(BIRTH) for age, _ in shown.by_age]
    assert ages == sorted(set(ages))
    assert "HepB-1" in names(shown)


def test_kinds():
    shown = grid(BIRTH, True, [], date(2026, 3, 2))
    by_age = {line.name for _, lines in shown.by_age for line in lines}
    assert {"JE-L-1", "HepA-L-1", "2vHPV-1"} <= by_age
    assert {"JE-I-1", "HepA-I-1"} <= {kind.name for kind in shown.other_kinds}
    assert {"PCV13-1", "VAR-1"} <= {booklet_row.name for booklet_row in shown.paid}
    assert names(shown) - names(grid(BIRTH, False, [], date(2026, 3, 2))) == {"2vHPV-1", "2vHPV-2"}


def test_what_is_recorded_is_always_shown():
    rows = [
        Immunization(vaccine="2vHPV", dose_number=1, given_on=BIRTH),
        Immunization(vaccine="M", dose_number=None, given_on=BIRTH),
    ]
    shown = grid(BIRTH, False, rows, BIRTH)
    assert [line.rows for line in shown.lines if line.name == "2vHPV-1"] == [rows[:1]]
    assert shown.rest == rows[1:]
    assert [age for age, _ in shown.by_age] == [period("P0D"), period("P13Y")]
