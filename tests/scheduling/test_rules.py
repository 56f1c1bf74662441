"""May this child book this slot? The table of answers."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.scheduling.rules import (
    Asking,
    Candidate,
    may_change_online,
    may_undo_check_in,
    objections,
    overlap,
)

NOW = datetime(2026, 3, 2, 4, tzinfo=UTC)  # a Monday noon in Shanghai
TOMORROW = NOW + timedelta(days=1)
MINUTES = st.integers(0, 300).map(lambda minutes: NOW + timedelta(minutes=minutes))


def asking(**kw):
    defaults = {
        "birth_date": date(2025, 3, 3),
        "min_age_months": 0,
        "max_age_months": 216,
        "online": True,
    }
    return Asking(**defaults | kw)


def candidate(starts_at=TOMORROW, minutes=30, **kw):
    defaults = {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "day": (starts_at + timedelta(hours=8)).date(),
        "opens_at": NOW - timedelta(days=7),
        "is_free": True,
    }
    return Candidate(**defaults | kw)


@pytest.mark.parametrize(
    ("who", "slot", "codes"),
    [
        pytest.param(asking(), candidate(), [], id="nothing stands against it"),
        pytest.param(asking(), candidate(is_free=False), ["taken"], id="taken"),
        pytest.param(asking(), candidate(NOW - timedelta(minutes=1)), ["past"], id="has begun"),
        pytest.param(
            asking(online=False), candidate(NOW - timedelta(minutes=1)), [], id="desk: has begun"
        ),
        pytest.param(
            asking(online=False), candidate(NOW - timedelta(minutes=30)), ["past"], id="desk: over"
        ),
        pytest.param(
            asking(), candidate(NOW + timedelta(minutes=29)), ["too_soon"], id="29 minutes ahead"
        ),
        pytest.param(asking(), candidate(NOW + timedelta(minutes=30)), [], id="30 minutes ahead"),
        pytest.param(
            asking(),
            candidate(opens_at=NOW + timedelta(seconds=1)),
            ["not_open_yet"],
            id="unopened",
        ),
        pytest.param(asking(), candidate(opens_at=NOW), [], id="opens this second"),
        pytest.param(
            asking(online=False), candidate(opens_at=TOMORROW), [], id="the desk need not wait"
        ),
        pytest.param(asking(min_age_months=12), candidate(), [], id="12 months on the day itself"),
        pytest.param(
            asking(min_age_months=12, birth_date=date(2025, 3, 4)),
            candidate(),
            ["too_young"],
            id="a day too young",
        ),
        pytest.param(
            asking(max_age_months=11, birth_date=date(2025, 3, 3)),
            candidate(),
            ["too_old"],
            id="too old",
        ),
        pytest.param(
            asking(other_times=((TOMORROW, TOMORROW + timedelta(minutes=1)),)),
            candidate(),
            ["child_busy"],
            id="overlaps by a minute",
        ),
        pytest.param(
            asking(
                other_times=((TOMORROW + timedelta(minutes=30), TOMORROW + timedelta(hours=1)),)
            ),
            candidate(),
            [],
            id="back to back",
        ),
        pytest.param(
            asking(min_age_months=24), candidate(is_free=False), ["too_young", "taken"], id="both"
        ),
    ],
)
def test_what_stands_against_a_time(who, slot, codes):
    assert [objection.code for objection in objections(who, slot, NOW)] == codes


def test_too_young_says_the_first_day_that_works():
    [objection] = objections(
        asking(min_age_months=24, birth_date=date(2025, 1, 31)), candidate(), NOW
    )

    assert objection.works_from == date(2027, 1, 31)


def test_unopened_says_when_it_opens():
    [objection] = objections(asking(), candidate(opens_at=TOMORROW), NOW)

    assert objection.works_from == TOMORROW


@given(MINUTES, MINUTES, MINUTES, MINUTES)
def test_overlap_is_half_open_and_symmetric(a, b, c, d):
    (start, end), (other_start, other_end) = sorted((a, b)), sorted((c, d))

    shared = max(start, other_start) < min(end, other_end)
    assert overlap(start, end, other_start, other_end) == overlap(
        other_start, other_end, start, end
    )
    if start < end and other_start < other_end:
        assert overlap(start, end, other_start, other_end) == shared


@pytest.mark.parametrize(("minutes", "allowed"), [(29, False), (30, True), (-5, False)])
def test_changing_online_needs_half_an_hour(minutes, allowed):
    assert may_change_online(NOW + timedelta(minutes=minutes), NOW) is allowed


@pytest.mark.parametrize(("seconds", "allowed"), [(0, True), (599, True), (600, False)])
def test_a_check_in_can_be_undone_for_ten_minutes(seconds, allowed):
    assert may_undo_check_in(NOW, NOW + timedelta(seconds=seconds)) is allowed
