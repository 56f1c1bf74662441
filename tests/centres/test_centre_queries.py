from datetime import timedelta

import pytest

from clinic.centres.models import Closure
from clinic.centres.queries import closed_because
from clinic.clock import day_bounds
from tests.makes import NOON, TOMORROW, make_centre, make_user, save

DAY = timedelta(days=1)


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
    save(
        Closure(
            centre_id=centre.id,
            starts_at=start + begins,
            ends_at=start + begins + lasts,
            reason_zh="x",
            reason_en="x",
            made_at=NOON,
            made_by_id=make_user().id,
        )
    )

    found = [day for day, _ in closed_because([centre.id], start, end)]

    assert found == [TOMORROW + n * DAY for n in days]
