"""A child's timeline: what was done, what is due, what comes, and what is advised beyond it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

from clinic.care.plan import Plan, plan_of
from clinic.families.models import Child
from clinic.services.due import DueItem, Outlook, Past
from clinic.services.room import rooms


@dataclass(frozen=True)
class Timeline:
    """`later` supposes that what comes before is done on its first day."""

    plan: Plan
    later: Sequence[DueItem]
    past: Sequence[Past]
    paid: Sequence[DueItem]
    room_for: int  # so much fits into one visit

    @property
    def days(self) -> list[tuple[date, list[DueItem]]]:
        """What comes next and later, by the first day on which it may be."""
        rows = [due_item for due_item in (*self.plan.coming, *self.later) if due_item.earliest]
        rows.sort(key=lambda one: (one.earliest or date.max, one.kind, one.code))
        return [
            (day, list(those)) for day, those in groupby(rows, lambda one: one.earliest or date.max)
        ]

    def bookable(self, rows: Sequence[DueItem], last: date) -> list[DueItem]:
        """Of these, what slots can be looked for: not booked, and possible by that last day."""
        return [
            row
            for row in rows
            if row.is_purpose
            and row not in self.later
            and row.booked_on is None
            and row.earliest
            and row.earliest <= last
        ]

    def for_one_visit(self, rows: Sequence[DueItem], last: date) -> list[DueItem]:
        """Of these, as many as one visit has room for."""
        left = self.room_for
        chosen = []
        for due_item in self.bookable(rows, last):
            left -= due_item.takes
            if left >= 0 or not due_item.takes:
                chosen.append(due_item)
        return chosen


def timeline_of(child: Child, on: date) -> Timeline:
    """The child's timeline on that day. As many queries for a long record as for none."""
    said = [
        room.outlook(child, on) if room.outlook else Outlook(room.due([child], on)[child.id])
        for room in rooms()
        if room.due
    ]
    return Timeline(
        plan_of(item for outlook in said for item in outlook.due),
        [item for outlook in said for item in outlook.later],
        [done for outlook in said for done in outlook.past],
        [item for outlook in said for item in outlook.paid],
        max((outlook.room_for for outlook in said), default=1),
    )


def last_bookable(on: date, days: int) -> date:
    """The last day that is open for booking, where it opens so many days ahead."""
    return on + timedelta(days=days)
