"""The hours that a line of time has to show. Pure."""

from collections.abc import Iterable
from datetime import datetime

from clinic.clock import local

USUAL = (8, 17)


def hours_of(spans: Iterable[tuple[datetime, datetime]]) -> tuple[int, int]:
    """From which full hour to which, on the clinics' wall; an hour more on both sides, to move into."""
    times = [(local(start), local(end)) for start, end in spans]
    first = min((start.hour for start, _ in times), default=USUAL[0])
    last = max((end.hour + bool(end.minute) for _, end in times), default=USUAL[1])
    return max(0, first - 1), min(24, last + 1)
