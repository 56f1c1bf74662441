"""A child's timeline: what was given, what is due, what comes, and the paid vaccines as advice."""

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from clinic.care.gather import check_needs, vaccine_need, vaccine_needs
from clinic.care.plan import DueItem, Plan, Standing, plan_of
from clinic.checkups.due.plan import checks_booked, dues_of
from clinic.families.models import Child
from clinic.vaccination.booking.booked import cases_of
from clinic.vaccination.programme.ahead import ahead
from clinic.vaccination.programme.catalogue import Vaccine, vaccines
from clinic.vaccination.programme.forecast import Evaluated, forecast
from clinic.vaccination.programme.legal import Booked
from clinic.vaccination.programme.paid import Advice, advice
from clinic.vaccination.programme.visit_rules import at_a_visit

SOON = timedelta(days=120)  # paid vaccines later than that are not told yet


@dataclass(frozen=True)
class Given:
    """A dose on record, in the series that it counts for."""

    vaccine: Vaccine
    seen: Evaluated


@dataclass(frozen=True)
class Timeline:
    """`later` supposes that what comes before is given on its first day."""

    plan: Plan
    later: Sequence[DueItem]
    given: Sequence[Given]
    paid: Sequence[DueItem]
    by_mouth: Set[str]  # the series whose next dose is no injection

    @property
    def days(self) -> list[tuple[date, list[DueItem]]]:
        """What comes next and later, by the first day on which it may be."""
        rows = [due_item for due_item in (*self.plan.coming, *self.later) if due_item.earliest]
        rows.sort(key=lambda one: (one.earliest or date.max, one.kind, one.code))
        return [
            (day, list(those)) for day, those in groupby(rows, lambda one: one.earliest or date.max)
        ]

    def bookable(self, rows: Sequence[DueItem], last: date) -> list[DueItem]:
        """Of these, the doses that slots can be looked for: not booked, and legal by that last day."""
        return [
            row
            for row in rows
            if row.kind == "vaccination"
            and row not in self.later
            and row.booked_on is None
            and row.earliest
            and row.earliest <= last
        ]

    def for_one_visit(self, rows: Sequence[DueItem], last: date) -> list[DueItem]:
        """Of these, as many as one visit can give."""
        left = at_a_visit().injections
        chosen = []
        for due_item in self.bookable(rows, last):
            left -= due_item.code not in self.by_mouth
            if left >= 0 or due_item.code in self.by_mouth:
                chosen.append(due_item)
        return chosen


def timeline_of(child: Child, on: date) -> Timeline:
    """The child's timeline on that day. As many queries for a long record as for none."""
    case = cases_of([child.id], today=on)[child.id]
    lines = forecast(case.child, case.given, on)
    steps = ahead(case.child, case.given, on)
    needs = vaccine_needs(lines, case.booked)
    checks = check_needs(
        dues_of([child], on)[child.id], on, checks_booked([child.id], today=on)[child.id]
    )
    paid = [advised for advised in advice(case.child, case.given, on) if advised.usual <= on + SOON]
    later = [need for step in steps if not step.is_next and (need := vaccine_need(step.line))]
    once = {(seen.dose.vaccine, seen.dose.given_on): seen for line in lines for seen in line.doses}
    return Timeline(
        plan_of([*needs, *checks]),
        later,
        [
            Given(
                vaccines()[dose.vaccine],
                once.get((dose.vaccine, dose.given_on), Evaluated(dose, True)),
            )
            for dose in sorted(case.given, key=lambda one: (one.given_on, one.vaccine))
        ],
        [need for advice in paid if (need := _paid_need(advice, on, case.booked))],
        {
            forecast.series
            for forecast in (*lines, *(each.line for each in paid))
            if forecast.vaccine and vaccines()[forecast.vaccine].route == "PO"
        },
    )


def _paid_need(one: Advice, on: date, booked: Collection[Booked]) -> DueItem | None:
    """Paid advice as a need: from the day that is advised, or from today if that is past."""
    need = next(iter(vaccine_needs([one.line], booked)), None)
    if need is None:
        return None
    standing = (
        Standing.COMING if one.usual > on and need.standing is Standing.DUE else need.standing
    )
    return replace(
        need, standing=standing, recommended=one.usual, latest=one.best_before, left=one.left
    )


def last_bookable(on: date, days: int) -> date:
    """The last day that is open for booking, where it opens so many days ahead."""
    return on + timedelta(days=days)
