"""Parts of the day, as families choose them."""

from datetime import datetime, time

from clinic.clock import local
from clinic.sentences import mark

PARTS = {
    "morning": mark("Morning"),
    "afternoon": mark("Afternoon"),
    "evening": mark("Evening"),
}
NOON, SIX = 12, 18


def part_of(moment: datetime) -> str:
    """Morning until noon, afternoon until six, then evening, on the clinic's wall."""
    hour = local(moment).hour
    return "morning" if hour < NOON else "afternoon" if hour < SIX else "evening"


def parts_left(moment: datetime) -> list[str]:
    """The parts of that day which are not over at that moment."""
    return list(PARTS)[list(PARTS).index(part_of(moment)) :]


def parts_between(opens: time, closes: time) -> set[str]:
    """The parts of the day that hours on the wall touch."""
    begins = dict(zip(PARTS, (time(0), time(NOON), time(SIX)), strict=True))
    ends = dict(zip(PARTS, (time(NOON), time(SIX), time.max), strict=True))
    return {part for part in PARTS if opens < ends[part] and begins[part] < closes}
