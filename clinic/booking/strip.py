"""The days that a page of times shows: as far as anything is open for booking, four weeks at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clinic.scheduling.policies.policy import DEFAULT, Policy

PIECE = 29  # days: four weeks, and the one on which the next day opens
FURTHEST = timedelta(days=366)  # ahead; beyond that nobody looks for a time


@dataclass(frozen=True)
class Strip:
    """One piece of the days. `asked` is the day that was asked for, wherever it lies."""

    days: tuple[date, ...] = ()  # one after another
    asked: date | None = None
    earlier: date | None = None  # a day of the piece before
    later: date | None = None  # and of the one after

    @property
    def beyond(self) -> date | None:
        """The day that was asked for, if it lies ahead but not in this piece."""
        if self.asked is None or not self.days or self.asked in self.days:
            return None
        is_near = self.days[0] < self.asked <= self.days[0] + FURTHEST
        return self.asked if is_near else None

    @property
    def searched(self) -> list[date]:
        """The days on which times are looked for."""
        return [*self.days, *([self.beyond] if self.beyond else [])]


def strip_of(policies: Iterable[Policy], asked: date | None, today: date) -> Strip:
    """The piece with the day that was asked for, or the first.

    The last day of all is the one that opens today, if it has not yet.
    """
    ahead = max((policy.release_days for policy in policies), default=DEFAULT.release_days)
    last = today + timedelta(days=ahead)
    number = (asked - today).days // PIECE if asked and today <= asked <= last else 0
    first = today + timedelta(days=number * PIECE)
    after = first + timedelta(days=PIECE)
    return Strip(
        days=tuple(first + timedelta(days=n) for n in range(min(PIECE, (last - first).days + 1))),
        asked=asked,
        earlier=first - timedelta(days=PIECE) if number else None,
        later=after if after <= last else None,
    )


def opens_at(policies: Sequence[Policy], day: date) -> datetime:
    """When the first of these centres opens that day for booking."""
    return min(policy.releases_at(day) for policy in policies or [DEFAULT])
