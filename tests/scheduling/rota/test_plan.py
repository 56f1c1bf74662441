"""What drafts of the rota come to: tables of cases. Pure."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.clock import at
from clinic.scheduling.rota.models import from_json, to_json
from clinic.scheduling.rota.plan import (
    BookedTime,
    PlannedHours,
    PlannedSession,
    PlannedSlots,
    clashes,
    compare,
)
from clinic.scheduling.timetable.weekly import Weekly

MONDAY = date(2026, 3, 9)
WEEKLY = Weekly((0, 1, 2), time(9), time(11), 15, MONDAY)
HOURS = PlannedHours(1, 1, frozenset({7}), WEEKLY)


def sitting(draft, days, opens=9):
    day = MONDAY + timedelta(days=days)
    start = datetime(2026, 3, 9, opens, tzinfo=UTC) + timedelta(days=days)
    return PlannedSession(draft, day, start, start + timedelta(hours=2), 1, 1, 15, 1)


A, B, C = sitting(1, 0), sitting(1, 1), sitting(2, 0)
LATER = sitting(1, 0, opens=10)


@pytest.mark.parametrize(
    ("before", "after", "added", "changed", "withdrawn"),
    [
        ([], [], (), (), ()),
        ([], [B, A], (A, B), (), ()),
        ([B, A], [], (), (), (A, B)),
        ([A], [LATER], (), ((A, LATER),), ()),
        ([A, B], [LATER], (), ((A, LATER),), (B,)),
        ([A], [C], (C,), (), (A,)),  # another draft's: one goes, one comes
        ([A, C], [LATER, B], (B,), ((A, LATER),), (C,)),
    ],
)
def test_sessions_come_change_and_go(before, after, added, changed, withdrawn):
    found = compare(before, after)
    assert (found.added, found.changed, found.withdrawn) == (added, changed, withdrawn)


@given(st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)))
def test_every_session_is_told_of_once(gone, come):
    found = compare([sitting(1, n) for n in gone], [sitting(1, n, opens=13) for n in come])
    days = lambda rows: {(row.day - MONDAY).days for row in rows}  # noqa: E731
    assert days(found.added) == come - gone
    assert days(found.withdrawn) == gone - come
    assert days(new for _, new in found.changed) == gone & come


def booked_time(number, opens, minutes=15, *, who=1, service=7):
    start = at(MONDAY, time(*opens))
    return BookedTime(number, who, service, start, start + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("booked", "count"),
    [
        (booked_time(1, (9,)), 1),
        (booked_time(1, (10, 45)), 1),
        (booked_time(1, (9,), 30), 2),  # two slots of the new grid
        (booked_time(1, (11,)), 0),  # after the end
        (booked_time(1, (10, 45), 30), 0),  # over the end
        (booked_time(1, (9, 5)), 0),  # not on the grid
        (booked_time(1, (9,), 20), 0),  # another length
        (booked_time(1, (9,), who=2), 0),
        (booked_time(1, (9,), service=8), 0),
    ],
)
def test_who_finds_exactly_their_time_keeps_it(booked, count):
    slots = PlannedSlots()
    slots.add(HOURS, MONDAY, [None] * 8)
    assert len(slots.keep([booked]).get(booked.id, ())) == count


def test_a_slot_seats_as_many_as_it_has_places_who_comes_first_first():
    slots = PlannedSlots()
    slots.add(replace(HOURS, weekly=replace(WEEKLY, capacity=2)), MONDAY, [None] * 8)
    assert list(slots.keep([booked_time(n, (9,)) for n in (5, 3, 4)])) == [5, 3]


def test_nobody_is_seated_while_the_centre_is_shut():
    slots = PlannedSlots()
    slots.add(HOURS, MONDAY, ["closure"] + [None] * 7)
    assert list(slots.keep([booked_time(1, (9,)), booked_time(2, (9, 15))])) == [2]


def other(**kw):
    weekly = {key: kw.pop(key) for key in list(kw) if key in vars(WEEKLY)}
    return replace(HOURS, weekly=replace(WEEKLY, **weekly), **kw)


@pytest.mark.parametrize(
    ("change", "is_like"),
    [
        ({}, True),
        ({"weekdays": (4,)}, True),  # only on other days
        ({"valid_until": MONDAY}, True),
        ({"every_weeks": 2}, True),
        ({"opens": time(8)}, False),
        ({"closes": time(12)}, False),
        ({"slot_minutes": 20}, False),
        ({"capacity": 2}, False),
        ({"online_percent": 50}, False),
        ({"room_id": 2}, False),
        ({"service_ids": frozenset({7, 8})}, False),
    ],
)
def test_what_makes_a_session_another(change, is_like):
    assert HOURS.is_like(other(**change)) is is_like


@pytest.mark.parametrize(
    ("change", "clash"),
    [
        ({}, True),
        ({"room_id": 2}, True),  # the clinician is in one place at a time
        ({"practitioner_id": 2}, True),  # the room holds one
        ({"practitioner_id": 2, "room_id": 2}, False),
        ({"weekdays": (4,)}, False),
        ({"opens": time(11), "closes": time(12)}, False),
    ],
)
def test_drafts_that_need_what_another_has(change, clash):
    rule, draft = replace(HOURS, rule_id=1), replace(other(**change), draft_id=5)
    assert clashes([rule, draft]) == ([(5, rule)] if clash else [])
    assert clashes([rule, replace(rule, rule_id=2)]) == []  # no draft's fault


@given(
    st.sets(st.integers(0, 6), min_size=1),
    st.integers(5, 240),
    st.integers(1, 50),
    st.one_of(st.none(), st.dates(MONDAY, date(2027, 1, 1))),
)
def test_a_template_is_kept_as_it_is(weekdays, minutes, places, until):
    weekly = replace(
        WEEKLY,
        weekdays=tuple(sorted(weekdays)),
        slot_minutes=minutes,
        capacity=places,
        valid_until=until,
    )
    assert from_json(to_json(weekly)) == weekly
