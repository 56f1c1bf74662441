from datetime import timedelta
from types import SimpleNamespace

import pytest

from clinic.centres.models import Closure
from clinic.centres.queries import closures_by_day, closures_over
from clinic.clock import day_bounds
from tests.makes import NOON, TOMORROW, make_centre, make_practitioner, make_room, make_user, save
from tests.queries import count_queries

DAY = timedelta(days=1)


def shut(centre, starts_at, ends_at, room=None, why="装修", **kw):
    """The centre, or a room of it, is shut from a moment to another."""
    made = Closure(
        centre_id=centre.id,
        room_id=room and room.id,
        starts_at=starts_at,
        ends_at=ends_at,
        reason_zh=why,
        reason_en=why,
        made_at=NOON,
        made_by_id=make_user().id,
        **kw,
    )
    save(made)
    return made


@pytest.mark.parametrize(
    ("begins", "lasts", "days"),
    [
        pytest.param(timedelta(), DAY, [0], id="until midnight: not the next day"),
        pytest.param(timedelta(hours=20), timedelta(hours=8), [0, 1], id="over midnight"),
        pytest.param(-DAY, DAY * 3, [0, 1], id="from the day before the first asked for"),
        pytest.param(-DAY, DAY * 9, [0, 1, 2], id="beyond the last"),
    ],
)
def test_the_days_that_a_closure_touches(app, begins, lasts, days):
    centre, (start, end) = make_centre(), day_bounds(TOMORROW, 3)
    shut(centre, start + begins, start + begins + lasts)

    found = [day for day, _ in closures_by_day([centre.id], start, end)]

    assert found == [TOMORROW + n * DAY for n in days]


@pytest.fixture
def rooms(both):
    """Two of one centre and one of another."""
    centre = make_practitioner([]).centre
    return [make_room(centre), make_room(centre), make_room(make_practitioner([]).centre)]


def planned(room, starts_at, number):
    return SimpleNamespace(
        id=number,
        centre_id=room.centre_id,
        room_id=room.id,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=15),
    )


def test_what_shuts_the_room_of_an_appointment_at_its_time(rooms):
    here, beside, _elsewhere = rooms
    start, end = day_bounds(TOMORROW)
    by = make_user().id
    shut(here.centre, start, end, why="lifted", lifted_at=NOON, lifted_by_id=by)
    first = shut(here.centre, start, end - DAY / 2, room=here)
    shut(here.centre, start, end - DAY / 2, room=here, why="said later")
    whole = shut(here.centre, end, end + DAY)
    visits = {
        1: (here, start),
        2: (here, end - DAY / 2),  # the closure is over
        3: (beside, start),
        4: (beside, end + DAY / 2),
        5: (rooms[2], start),
    }
    found = closures_over([planned(*where, number) for number, where in visits.items()])
    assert {number: row.id for number, row in found.items()} == {1: first.id, 4: whole.id}


def test_many_appointments_ask_once(rooms):
    start, _ = day_bounds(TOMORROW)
    some = [planned(room, start + n * DAY, n) for n, room in enumerate(rooms)]
    closures_over(some)  # connects
    one, many = (
        count_queries(lambda those=those: closures_over(those)) for those in (some[:1], some)
    )
    assert one == many
    assert count_queries(lambda: closures_over([])) == 0
