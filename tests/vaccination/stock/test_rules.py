"""The rules of doses that expire, against trying every way to hand them out."""

from datetime import date, timedelta
from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from clinic.vaccination.stock.rules import (
    Doses,
    can_keep,
    last_day,
    unkept,
)

DAY = date(2026, 3, 2)
days = st.integers(0, 4).map(lambda n: DAY + timedelta(days=n))
lots = st.lists(st.builds(Doses, days, st.integers(0, 2)), max_size=3)


def there_is_a_way(doses, wanted):
    """Whether some order of handing out serves everybody."""
    single = [dose.expires_on for dose in doses for _ in range(dose.number)]
    return any(
        all(expires >= day for expires, day in zip(order, wanted, strict=True))
        for order in permutations(single, len(wanted))
    )


@given(lots, st.lists(days, max_size=4))
def test_can_keep_is_that_there_is_a_way(doses, wanted):
    assert can_keep(doses, wanted) == there_is_a_way(doses, wanted)


@given(lots, st.lists(days, max_size=5))
def test_what_is_broken_is_as_little_as_can_be(doses, wanted):
    broken = unkept(doses, list(enumerate(wanted)))
    assert broken == sorted(broken, reverse=True)
    kept = [day for key, day in enumerate(wanted) if key not in broken]
    assert can_keep(doses, kept)
    assert not any(can_keep(doses, [*kept, wanted[key]]) for key in broken)


@given(lots, st.lists(days, max_size=3))
def test_after_the_last_day_there_is_none(doses, wanted):
    if not can_keep(doses, wanted):
        return
    last = last_day(doses, wanted)
    for n in range(6):
        day = DAY + timedelta(days=n)
        assert can_keep(doses, [*wanted, day]) == (last is not None and day <= last)
