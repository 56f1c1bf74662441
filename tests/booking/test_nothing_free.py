"""Why staff find no free time on a day: the true reason, which the pages of the desk show."""

from datetime import date, time, timedelta

import pytest

from clinic.booking.nothing_free import why_nothing_is_free
from clinic.booking.on_behalf import free_times
from clinic.centres.models import Closure
from clinic.clock import clinic_day, day_bounds
from tests.makes import NOON, TOMORROW, save
from tests.world import World

TODAY = clinic_day(NOON)
CLOSED, EMPTY = TOMORROW + timedelta(days=1), TOMORROW + timedelta(days=2)
REASONS = {
    TODAY - timedelta(days=1): "past",
    TODAY: "past",
    TOMORROW: "full",
    CLOSED: "closed",
    EMPTY: "no_session",
    date(2026, 5, 1): "holiday",
    TODAY + timedelta(days=20): "no_session",  # the rota has made its sessions by then
    TODAY + timedelta(days=40): "not_open_yet",
    date(2031, 3, 3): "not_open_yet",  # no calendar of that year is known
}


@pytest.fixture
def service(both):
    """Hours earlier today, tomorrow's only place taken, the day after that closed."""
    world = World(hours={"closes": time(9, 15)})
    world.book()
    world.open(TODAY)
    start, end = day_bounds(CLOSED)
    closure = Closure(
        centre_id=world.centre.id,
        starts_at=start,
        ends_at=end,
        reason_zh="消防演练",
        reason_en="A fire drill",
        made_by_id=world.manager.id,
        made_at=NOON,
    )
    save(closure)
    return world.service, world.centre


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(("day", "code"), REASONS.items(), ids=map(str, REASONS))
def test_a_day_without_free_times_says_why(service, day, code):
    now = day_bounds(TODAY)[1] - timedelta(hours=3)
    assert not free_times(*service, day, now)
    assert why_nothing_is_free(*service, day, now).code == code
