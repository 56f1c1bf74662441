"""Whether doses that expire can be kept for days to come. Pure."""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple, TypeVar

Key = TypeVar("Key")


class Doses(NamedTuple):
    """So many doses, of a lot, that may be given up to and on that day."""

    expires_on: date
    number: int
    lot_id: int = 0


def can_keep(doses: Sequence[Doses], days: Sequence[date]) -> bool:
    """Whether every reserved day can have a dose of its own that has not expired by then.

    A dose is good on every day until it expires, so it is enough to compare, for each day, the doses
    still good then with the visits from then on.
    """
    return all(
        sum(one >= day for one in days) <= sum(d.number for d in doses if d.expires_on >= day)
        for day in set(days)
    )


def last_day(doses: Sequence[Doses], days: Sequence[date]) -> date | None:
    """The last day for which one more dose can be kept, where all of `days` can. None: for no day."""
    candidates = sorted({dose.expires_on for dose in doses}, reverse=True)
    return next((day for day in candidates if can_keep(doses, [*days, day])), None)


def unkept(doses: Sequence[Doses], reservations: Sequence[tuple[Key, date]]) -> list[Key]:
    """Which of these reservations cannot be kept, the latest made first; they come in the order they were made.

    An earlier reservation is kept, and no other choice keeps more of them.
    """
    days: list[date] = []
    broken: list[Key] = []
    for key, day in reservations:
        if can_keep(doses, [*days, day]):
            days.append(day)
        else:
            broken.append(key)
    return broken[::-1]
