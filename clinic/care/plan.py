"""The care plan: what every service says is due for a child, put into one order. It knows no medicine."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from clinic.services.due import DueItem, Standing


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
