"""What a service says is due for a child, in values that know no medicine. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Standing(StrEnum):
    """How a need stands on a day; the order is that of the plan."""

    OVERDUE = "overdue"
    DUE = "due"
    ASK = "ask"  # a test, or a decision of the clinic, comes first
    COMING = "coming"
    DONE = "done"


@dataclass(frozen=True)
class DueItem:
    """One thing that a service says of a child. Texts are in both languages, as the data has them."""

    kind: str
    code: str
    name_zh: str
    name_en: str
    why_zh: str
    why_en: str
    rule: str
    standing: Standing
    earliest: date | None = None
    recommended: date | None = None
    latest: date | None = None  # best before this day
    left: int = 0  # doses of a paid vaccine; none of it is ever overdue
    booked_on: date | None = None  # the day of the visit that it is booked for
    takes: int = 1  # of what one visit has room for
    is_purpose: bool = False  # a visit can be booked for just this: its code can be ticked


@dataclass(frozen=True)
class Past:
    """One thing that was done. `against` says why it does not count; empty if it does."""

    name_zh: str
    name_en: str
    on: date
    against_zh: str = ""
    against_en: str = ""


@dataclass(frozen=True)
class Outlook:
    """All that one service says of one child: more than what is due."""

    due: Sequence[DueItem]
    later: Sequence[DueItem] = ()  # supposing that what comes before is done on its first day
    paid: Sequence[DueItem] = ()  # advice that the family pays for, if it wants
    past: Sequence[Past] = ()
    room_for: int = 1  # so much of what they take fits into one visit
