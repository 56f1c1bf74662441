"""What a board's day is made of, without a database."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.calendar.board import Block, BoardGroup, Load, load_of
from clinic.scheduling.models import Appointment, ClinicSession
from clinic.scheduling.timetable.hours import hours_of
from tests.makes import NOON


@pytest.mark.parametrize(
    ("taken", "places", "load"),
    [
        (0, 0, Load.EMPTY),
        (0, 8, Load.EMPTY),
        (3, 8, Load.LIGHT),
        (4, 8, Load.BUSY),
        (7, 8, Load.BUSY),
        (8, 8, Load.FULL),
    ],
)
def test_how_full_a_session_is(taken, places, load):
    assert load_of(taken, places) is load


@given(
    st.sets(st.integers(0, 40)),
    st.lists(st.integers(0, 40)),
    st.none() | st.integers(0, 40),
)
def test_a_group_loses_no_free_time_and_no_visit(free, visits, line):
    moments = [NOON + timedelta(minutes=15 * number) for number in range(41)]
    block = Block(ClinicSession(), 0, 0, (), [moments[one] for one in sorted(free)])
    booked = [Appointment(starts_at=moments[visit]) for visit in sorted(visits)]
    line = None if line is None else min(line, len(booked))
    rows = BoardGroup(None, [block], booked, line).rows

    assert [row.appointment for row in rows if row.appointment] == booked
    assert [moment for row in rows for moment, _ in row.free] == list(block.free)
    assert sum(row.is_now for row in rows) == (line is not None)
    shown = [
        row.appointment.starts_at if row.appointment else row.free[-1][0]
        for row in rows
        if not row.is_now
    ]
    assert shown == sorted(shown)


@pytest.mark.parametrize(
    ("spans", "hours"),
    [
        ([], (7, 18)),
        ([(0, 30)], (11, 14)),  # from noon for half an hour
        ([(0, 60), (-45, 15)], (10, 14)),
        ([(-12 * 60, 11 * 60 + 59)], (0, 24)),
    ],
)
def test_a_line_of_time_has_an_hour_more_on_both_sides(spans, hours):
    minutes = [(timedelta(minutes=start), timedelta(minutes=end)) for start, end in spans]
    assert hours_of((NOON + start, NOON + end) for start, end in minutes) == hours
