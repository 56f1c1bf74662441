"""Values between two rows of a table; nothing outside of it. Pure."""

from bisect import bisect_right
from collections.abc import Sequence
from math import floor

DAYS_PER_MONTH = 30.4375
STANDING_FROM_MONTHS = 24
LYING_IS_LONGER_CM = 0.7


def days_of(months: float) -> int:
    """An age in months as whole days, halves up as WHO rounds them: 24 months are 731 days."""
    return floor(months * DAYS_PER_MONTH + 0.5)


def between(xs: Sequence[float], rows: Sequence[Sequence[float]], x: float) -> list[float] | None:
    """The row at x, linear between its neighbours; None outside the table (never extrapolated)."""
    if not xs or not xs[0] <= x <= xs[-1]:
        return None
    at = bisect_right(xs, x) - 1
    if xs[at] == x:
        return list(rows[at])
    share = (x - xs[at]) / (xs[at + 1] - xs[at])
    return [
        round(low + share * (high - low), 9)
        for low, high in zip(rows[at], rows[at + 1], strict=True)
    ]


def as_measured(height_cm: float, measured: str | None, *, standing: bool) -> float:
    """Height (cm) the way the standard wants it: lying is 0.7 cm longer than standing.

    `measured` is "lying" or "standing", None: as the standard wants it; `standing`: what it wants.
    """
    if measured == "lying" and standing:
        return round(height_cm - LYING_IS_LONGER_CM, 6)
    if measured == "standing" and not standing:
        return round(height_cm + LYING_IS_LONGER_CM, 6)
    return height_cm
