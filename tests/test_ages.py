"""Ages as the field counts them."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.ages import add_months, age_months

DAYS = st.dates(date(2008, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("birth_date", "on", "months"),
    [
        (date(2026, 1, 15), date(2026, 1, 15), 0),
        (date(2026, 1, 15), date(2026, 2, 14), 0),
        (date(2026, 1, 15), date(2026, 2, 15), 1),
        (date(2025, 11, 30), date(2026, 11, 29), 11),
        (date(2025, 11, 30), date(2026, 11, 30), 12),
        # Month ends: the last day of a shorter month completes the month.
        (date(2026, 1, 31), date(2026, 2, 27), 0),
        (date(2026, 1, 31), date(2026, 2, 28), 1),
        (date(2026, 1, 31), date(2026, 3, 30), 1),
        (date(2026, 1, 31), date(2026, 3, 31), 2),
        (date(2024, 2, 29), date(2025, 2, 28), 12),
        # Not born yet.
        (date(2026, 3, 2), date(2026, 3, 1), -1),
    ],
)
def test_completed_months(birth_date, on, months):
    assert age_months(birth_date, on) == months


@given(birth_date=DAYS, months=st.integers(0, 300))
def test_a_month_is_completed_on_the_day_that_adding_months_names(birth_date, months):
    day = add_months(birth_date, months)

    assert age_months(birth_date, day) == months
    assert age_months(birth_date, date.fromordinal(day.toordinal() - 1)) == months - 1


@given(birth_date=DAYS, one=DAYS, other=DAYS)
def test_nobody_grows_younger(birth_date, one, other):
    earlier, later = sorted((one, other))

    assert age_months(birth_date, earlier) <= age_months(birth_date, later)
