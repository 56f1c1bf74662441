"""When a centre's doors are open, against the hours that are meant for its sessions. Pure."""

from collections.abc import Iterable, Sequence
from datetime import time

from clinic.centres.models import OpeningHours


def shut_on(
    doors: Sequence[OpeningHours], weekdays: Iterable[int], opens: time, closes: time
) -> list[int]:
    """Of these weekdays, those on which the doors are not open from `opens` to `closes`.

    Of a centre whose opening hours are not on record nothing is known, and none is given.
    """
    if not doors:
        return []
    return [day for day in weekdays if not _is_open(doors, day, opens, closes)]


def _is_open(doors: Sequence[OpeningHours], weekday: int, opens: time, closes: time) -> bool:
    """Whether that is within one span of the day, or within spans that follow each other."""
    reached = opens
    for span in sorted(hours_on(doors, weekday), key=lambda span: span.opens):
        if span.opens <= reached < span.closes:
            reached = span.closes
    return reached >= closes


def hours_on(doors: Sequence[OpeningHours], weekday: int) -> list[OpeningHours]:
    """The spans of that weekday; none if it is shut."""
    return [span for span in doors if span.weekday == weekday]
