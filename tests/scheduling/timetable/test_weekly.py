"""By which timetable a day works, how many places a team has, and when two weekly rules meet."""

from datetime import date, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic.centres.days import NoCalendar, timetable
from clinic.centres.years import calendars
from clinic.scheduling.timetable.weekly import (
    TeamStation,
    Weekly,
    applies,
    online_places,
    rules_meet,
    team_capacity,
)

MONDAY = date(2026, 3, 2)
KNOWN = calendars([2026])  # came with the release: nothing is read for it


@pytest.mark.parametrize(
    ("day", "adjusted", "weekday"),
    [
        pytest.param(date(2026, 3, 2), {}, 0, id="a Monday"),
        pytest.param(date(2026, 3, 7), {}, 5, id="a Saturday"),
        pytest.param(date(2026, 10, 1), {}, None, id="National Day"),
        pytest.param(date(2026, 2, 23), {}, None, id="the last day of the Spring Festival"),
        pytest.param(date(2026, 2, 24), {}, 1, id="the day after it"),
        pytest.param(date(2026, 2, 28), {}, 4, id="a Saturday worked instead, as a Friday"),
        pytest.param(date(2026, 1, 4), {}, 0, id="a Sunday worked instead, as a Monday"),
        pytest.param(
            date(2026, 2, 28), {date(2026, 2, 28): 2}, 2, id="the centre says: as a Wednesday"
        ),
        pytest.param(
            date(2026, 10, 1), {date(2026, 10, 1): 3}, 3, id="the centre works on a holiday"
        ),
        pytest.param(date(2026, 3, 2), {date(2026, 3, 2): None}, None, id="the centre is shut"),
        pytest.param(date(2027, 1, 4), {date(2027, 1, 4): 0}, 0, id="its own word, any year"),
    ],
)
def test_by_which_timetable_a_day_works(day, adjusted, weekday):
    assert timetable(day, adjusted, KNOWN) == weekday


def test_a_year_without_a_calendar_is_refused_by_name():
    with pytest.raises(NoCalendar) as refused:
        timetable(date(2031, 3, 3), {}, KNOWN)
    assert refused.value.params == {"year": 2031}


@pytest.mark.parametrize(
    ("stations", "capacity"),
    [
        ([("screening", 1, 3), ("injection", 1, 5), ("observation", 12, 30)], 6),
        ([("screening", 2, 3), ("injection", 2, 5), ("observation", 10, 30)], 10),
        ([("screening", 1, 31)], 0),
        ([("screening", 1, 3), ("observation", 0, 30)], 0),
        ([("screening", 1, 0)], 0),
        ([("screening", -1, -3)], 0),
    ],
)
def test_a_team_has_the_capacity_of_its_narrowest_station(stations, capacity):
    assert team_capacity([TeamStation(*station) for station in stations], 30) == capacity


@given(st.integers(1, 20), st.integers(1, 40), st.integers(0, 100))
def test_the_online_share_is_the_whole_ones_and_evenly_spread(capacity, slots, percent):
    spread = online_places(capacity, slots, percent)

    assert len(spread) == slots
    assert sum(spread) == capacity * slots * percent // 100
    assert min(spread) >= 0
    assert max(spread) <= capacity
    assert max(spread) - min(spread) <= 1


HOURS = st.integers(8, 11).flatmap(
    lambda start: st.integers(start + 1, 12).map(lambda end: (time(start), time(end)))
)


DAYS = st.integers(0, 20).map(lambda n: MONDAY + timedelta(days=n))


@st.composite
def weeklies(draw):
    opens, closes = draw(HOURS)
    first = draw(DAYS)
    length = draw(st.none() | st.integers(0, 30))
    return Weekly(
        weekdays=tuple(draw(st.sets(st.integers(0, 6), min_size=1, max_size=3))),
        opens=opens,
        closes=closes,
        slot_minutes=15,
        valid_from=first,
        valid_until=None if length is None else first + timedelta(days=length),
        every_weeks=draw(st.integers(1, 3)),
    )


@given(weeklies(), weeklies())
def test_two_rules_meet_if_a_day_has_both(a, b):
    days = [MONDAY + timedelta(days=n) for n in range(150)]
    both = [d for d in days if all(applies(one, d, d.weekday()) for one in (a, b))]
    overlapping = a.opens < b.closes and b.opens < a.closes
    assert rules_meet(a, b) == rules_meet(b, a) == bool(both and overlapping)
