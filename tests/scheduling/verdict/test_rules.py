"""May this child book this slot? The table of answers."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.scheduling.policies.policy import DEFAULT, Policy
from clinic.scheduling.policies.stored import BadPolicy, parsed
from clinic.scheduling.verdict.rules import (
    Applicant,
    in_turn,
    is_late,
    may_change_online,
    may_undo_check_in,
    objections,
    overlap,
    paused_until,
)
from clinic.scheduling.verdict.slot_times import SlotTime

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
    return Applicant(**defaults | kw)


def candidate(starts_at=TOMORROW, minutes=30, **kw):
    defaults = {
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        "slot_ids": (1,),
        "centre_id": 1,
        "practitioner_id": 1,
        "clinic_session_id": 1,
        "opens_at": NOW - timedelta(days=7),
        "is_free": True,
    }
    return SlotTime(**defaults | kw)


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
    assert may_change_online(NOW + timedelta(minutes=minutes), 30, NOW) is allowed


@pytest.mark.parametrize(("seconds", "allowed"), [(0, True), (599, True), (600, False)])
def test_a_check_in_can_be_undone_for_ten_minutes(seconds, allowed):
    assert may_undo_check_in(NOW, NOW + timedelta(seconds=seconds)) is allowed


TUESDAY = date(2026, 3, 3)
ONCE_A_DAY = Policy(per_day=1, per_week=3)


@pytest.mark.parametrize(
    ("booked", "online", "codes"),
    [
        pytest.param([], True, [], id="nothing booked"),
        pytest.param([date(2026, 3, 2), date(2026, 3, 4)], True, [], id="two other days"),
        pytest.param([TUESDAY], True, ["enough_that_day"], id="the same day"),
        pytest.param([TUESDAY], False, [], id="the desk may"),
        pytest.param(
            [date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 8)],
            True,
            ["enough_that_week"],
            id="three in the week, its Sunday counts",
        ),
        pytest.param(
            [date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 9)],
            True,
            [],
            id="the Sunday before and the Monday after do not",
        ),
    ],
)
def test_quotas_of_a_child(booked, online, codes):
    who = asking(same_service_days=tuple(booked), policy=ONCE_A_DAY, online=online)
    assert [objection.code for objection in objections(who, candidate(), NOW)] == codes


def test_a_full_week_says_which_day_works():
    booked = (date(2026, 3, 2), date(2026, 3, 5), date(2026, 3, 8))
    who = asking(same_service_days=booked, policy=ONCE_A_DAY)
    [objection] = objections(who, candidate(), NOW)
    assert objection.works_from == date(2026, 3, 9)


def days_ago(*days):
    return [NOW - timedelta(days=day) for day in days]


@pytest.mark.parametrize(
    ("absences", "policy", "days"),
    [
        pytest.param([], DEFAULT, None, id="never missed one"),
        pytest.param(days_ago(1), DEFAULT, None, id="one is forgiven"),
        pytest.param(days_ago(40, 4), DEFAULT, 10, id="two: fourteen days from the last"),
        pytest.param(days_ago(40, 14), DEFAULT, None, id="over to the second"),
        pytest.param(days_ago(60, 30, 4), DEFAULT, 26, id="three: thirty days"),
        pytest.param(days_ago(90, 60, 30, 4), DEFAULT, 26, id="four: no further step"),
        pytest.param(days_ago(181, 4), DEFAULT, None, id="what is long past counts no more"),
        pytest.param(days_ago(40, 4), Policy(urgent=True), None, id="what is urgent is not paused"),
        pytest.param(days_ago(40, 4), Policy(absences=()), None, id="a centre that does not"),
    ],
)
def test_how_long_missed_visits_pause_booking(absences, policy, days):
    until = paused_until(absences, policy, NOW)
    assert until == (None if days is None else NOW + timedelta(days=days))


def test_a_paused_family_is_told_until_when_and_the_desk_still_books():
    until = NOW + timedelta(days=3)
    [objection] = objections(asking(paused_until=until), candidate(), NOW)
    assert (objection.code, objection.works_from) == ("paused", until)
    assert objections(asking(paused_until=until, online=False), candidate(), NOW) == []
    assert objections(asking(paused_until=NOW), candidate(), NOW) == []


def test_a_closed_time_is_refused_at_the_desk_too():
    for online in (True, False):
        [objection] = objections(asking(online=online), candidate(is_closed=True), NOW)
        assert objection.code == "closed"


@pytest.mark.parametrize(("minutes", "late"), [(-10, False), (15, False), (16, True)])
def test_who_is_late(minutes, late):
    assert is_late(NOW, NOW + timedelta(minutes=minutes), DEFAULT) is late


@pytest.mark.parametrize(
    "settings",
    [
        {"release_days": -1},
        {"release_days": 367},
        {"release_days": True},
        {"release_days": "14"},
        {"release_time": "25:00"},
        {"urgent": "yes"},
        {"holds_per_family": 0},
        {"absences": [[3, 30], [2, 14]]},
        {"absences": 3},
        {"no_such_rule": 1},
    ],
)
def test_a_policy_that_cannot_be_is_refused(settings):
    with pytest.raises(BadPolicy):
        parsed(settings)


def test_a_policy_as_json_has_it():
    found = parsed({"release_time": "07:30", "absences": [[1, 14]], "urgent": True, "per_day": 2})
    assert Policy(**found) == Policy(
        release_time=time(7, 30), absences=((1, 14),), urgent=True, per_day=2
    )


@pytest.mark.parametrize(
    ("here", "late", "order"),
    [
        pytest.param("", "", "abcd", id="nobody is here"),
        pytest.param("abc", "", "abcd", id="all on time"),
        pytest.param("abc", "a", "bcad", id="behind those who are on time and here"),
        pytest.param("ac", "a", "cbad", id="who is not here yet stays where they are"),
        pytest.param("abcd", "ac", "bdac", id="two, in the order of their times"),
        pytest.param("a", "a", "abcd", id="alone"),
    ],
)
def test_who_comes_late_goes_behind_who_is_on_time(here, late, order):
    assert "".join(in_turn("abcd", here, late)) == order
