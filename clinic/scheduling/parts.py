"""Parts of the day, as families choose them."""

from datetime import datetime

from clinic.clock import local
from clinic.i18n import mark

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
