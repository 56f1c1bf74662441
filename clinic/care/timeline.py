"""A child's timeline: what was given, what is due, what comes, and the paid vaccines as advice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import groupby

from clinic.care.gather import ONE_DAY, check_needs, vaccine_need
from clinic.care.plan import Due, Plan, Standing, plan_of
from clinic.checkups.plan import dues_of
from clinic.families.models import Child
from clinic.vaccination.ahead import ahead
from clinic.vaccination.booked import cases_of
from clinic.vaccination.catalogue import Vaccine, vaccines
from clinic.vaccination.forecast import Evaluated, forecast
from clinic.vaccination.optional import Advice, advice

SOON = timedelta(days=120)  # paid vaccines later than that are not told yet


@dataclass(frozen=True)
class Given:
    """A dose on record, in the series that it counts for."""

    vaccine: Vaccine
    seen: Evaluated


@dataclass(frozen=True)
class Timeline:
    """`later` supposes that what comes before is given on its first day. `booked`: the day, by series."""

    plan: Plan
    later: Sequence[Due]
    given: Sequence[Given]
    booked: Mapping[str, date]
    paid: Sequence[Due]

    @property
    def days(self) -> list[tuple[date, list[Due]]]:
        """What comes next and later, by the first day on which it may be."""
        rows = [one for one in (*self.plan.coming, *self.later) if one.earliest]
        rows.sort(key=lambda one: (one.earliest or date.max, one.kind.value, one.code))
        return [
            (day, list(those)) for day, those in groupby(rows, lambda one: one.earliest or date.max)
        ]

    def bookable(self, rows: Sequence[Due], last: date) -> list[Due]:
        """Of these, the doses that slots can be looked for: not booked, and legal by that last day."""
        return [
            one
            for one in rows
            if one.kind == "vaccination"
            and one not in self.later
            and one.code not in self.booked
            and one.earliest
            and one.earliest <= last
        ]


def timeline_of(child: Child, on: date) -> Timeline:
    """The child's timeline on that day. As many queries for a long record as for none."""
    case = cases_of([child.id], today=on)[child.id]
    lines = forecast(case.child, case.given, on)
    steps = ahead(case.child, case.given, on)
    needs = [need for one in lines if (need := vaccine_need(one))]
    later = [need for one in steps if not one.is_next and (need := vaccine_need(one.line))]
    once = {(seen.dose.vaccine, seen.dose.given_on): seen for one in lines for seen in one.doses}
    return Timeline(
        plan_of([*needs, *check_needs(dues_of([child], on)[child.id], on)]),
        later,
        [
            Given(
                vaccines()[one.vaccine], once.get((one.vaccine, one.given_on), Evaluated(one, True))
            )
            for one in sorted(case.given, key=lambda one: (one.given_on, one.vaccine))
        ],
        {one.series: one.dose.given_on for one in case.booked},
        [
            paid
            for one in advice(case.child, case.given, on)
            if one.usual <= on + SOON and (paid := _paid_need(one, on))
        ],
    )


def _paid_need(one: Advice, on: date) -> Due | None:
    """Paid advice as a need: from the day that is advised, or from today if that is past."""
    need = vaccine_need(one.line)
    if need is None:
        return None
    standing = (
        Standing.COMING if one.usual > on and need.standing is Standing.DUE else need.standing
    )
    return replace(
        need, standing=standing, recommended=one.usual, latest=one.best_before, left=one.left
    )


def last_bookable(on: date, days: int) -> date:
    """The last of so many days that times can be looked for."""
    return on + timedelta(days=days) - ONE_DAY
