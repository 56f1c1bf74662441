"""The care plan: what every service says is due for a child, put into one order. It knows no medicine."""

from collections.abc import Iterable, Sequence
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
    is_purpose: bool = False  # a visit can be booked for just this: its code can be ticked


@dataclass(frozen=True)
class Plan:
    """A child's needs by how they stand, each list in the order of its days."""

    now: Sequence[DueItem]
    ask: Sequence[DueItem]
    coming: Sequence[DueItem]
    done: Sequence[DueItem]

    @property
    def open(self) -> list[DueItem]:
        """What is due now and not booked yet: the one count that every page shows."""
        return [due_item for due_item in self.now if due_item.booked_on is None]

    @property
    def kinds_open(self) -> list[str]:
        """The kinds of service that something is open of."""
        return list(dict.fromkeys(due_item.kind for due_item in self.open))


def plan_of(dues: Iterable[DueItem]) -> Plan:
    """Put what the services say into one plan: overdue before due, earlier before later."""
    rows = sorted(
        dues,
        key=lambda one: (
            list(Standing).index(one.standing),
            one.recommended or one.earliest or date.max,
            one.kind,
            one.code,
        ),
    )

    def those(*standings: Standing) -> list[DueItem]:
        return [row for row in rows if row.standing in standings]

    return Plan(
        now=those(Standing.OVERDUE, Standing.DUE),
        ask=those(Standing.ASK),
        coming=those(Standing.COMING),
        done=those(Standing.DONE),
    )
