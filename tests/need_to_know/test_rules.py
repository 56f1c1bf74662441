"""When a record is open: around each day at which that changes, by the clinics' calendar."""

from datetime import UTC, date, datetime, timedelta

import pytest

from clinic.clock import clinic_day
from clinic.need_to_know.rules import NearVisit, Why, reason_to_see

TODAY = date(2026, 3, 2)


def visit(days, *, is_own=False, cancelled=None):
    """A visit so many days from today; cancelled so many days from today."""
    at = datetime(2026, 3, 2, 4, tzinfo=UTC) + timedelta(days=days)
    on = None if cancelled is None else TODAY + timedelta(days=cancelled)
    return NearVisit(TODAY + timedelta(days=days), at, is_own, on)


@pytest.mark.parametrize(
    ("near", "record", "booking"),
    [
        ([], None, None),
        ([visit(0)], Why.TODAY, Why.TODAY),
        ([visit(1)], Why.SOON, Why.SOON),
        ([visit(14)], Why.SOON, Why.SOON),
        ([visit(15)], None, Why.TO_COME),
        ([visit(28)], None, Why.TO_COME),
        ([visit(-1)], Why.LATELY, Why.LATELY),
        ([visit(-30)], Why.LATELY, Why.LATELY),
        ([visit(-31)], None, None),
        ([visit(-31, is_own=True)], Why.OWN, Why.OWN),
        ([visit(15, is_own=True)], Why.OWN, Why.OWN),
        ([visit(-900), visit(-31), visit(3)], Why.SOON, Why.SOON),
        ([visit(3), visit(0), visit(-2)], Why.TODAY, Why.TODAY),
        # Cancelled: today's note is not lost, yesterday's is closed; the desk goes on.
        ([visit(0, cancelled=0)], Why.TODAY, Why.TODAY),
        ([visit(3, cancelled=0)], Why.SOON, Why.SOON),
        ([visit(3, cancelled=-1)], None, Why.SOON),
        ([visit(0, cancelled=-1)], None, Why.TODAY),
        ([visit(-5, cancelled=-6)], None, Why.LATELY),
        ([visit(-900, cancelled=-901, is_own=True)], None, Why.OWN),
    ],
)
def test_the_nearest_reason(near, record, booking):
    found = reason_to_see(near, TODAY)
    assert (found and found.why) == record
    found = reason_to_see(near, TODAY, for_booking=True)
    assert (found and found.why) == booking


def test_days_are_the_clinics():
    """Eleven in the evening of the 15th in UTC is the 16th here: fourteen days ahead, not thirteen."""
    at = datetime(2026, 3, 16, 23, tzinfo=UTC)
    assert clinic_day(at) - TODAY == timedelta(days=15)
    assert reason_to_see([NearVisit(clinic_day(at), at)], TODAY) is None
