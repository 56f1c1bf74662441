"""May these doses be given on that day? And what could a visit be for? Pure.

Doses that other visits are booked for count as given on their days: the next one is counted from
them, and none may be brought too near to them.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from clinic.i18n import name_of
from clinic.scheduling.verdict.rules import Objection
from clinic.sentences import mark
from clinic.vaccination.programme.catalogue import vaccines
from clinic.vaccination.programme.child import Dose, Recipient
from clinic.vaccination.programme.forecast import Forecast, forecast
from clinic.vaccination.programme.paid import PAID, advice
from clinic.vaccination.programme.visit_rules import at_a_visit
from clinic.vaccination.programme.words import Words

SOON = timedelta(days=60)
OVER = {
    "complete": mark("Nothing more of this vaccine is needed."),
    "aged_out": mark("At that age the programme no longer gives it."),
    "not_applicable": mark("The programme does not give it to this child."),
    "not_advised": mark("This paid vaccine is complete, or the child is past its age."),
    "needs_precondition": mark("A doctor decides about this vaccine first. Please ask the centre."),
}
NOT_ADVISED = Words("已接种完成或已超过年龄", "Complete, or past its age")
TOO_MANY = mark(
    "At one visit at most %(most)s injections are given, each at a site of its own. "
    "Please choose fewer; the others are for another day."
)
TOO_SOON = mark("%(vaccine)s may be given from %(first)s.")
TOO_NEAR = mark("%(vaccine)s is booked for %(day)s, and that would be too soon after this visit.")


@dataclass(frozen=True)
class Booked:
    """A dose that a visit to come is booked for: its number, and the appointment."""

    series: str
    dose: Dose
    number: int = 0
    appointment_id: int = 0


@dataclass(frozen=True)
class ChildRecord:
    """A child, what it was given, and what is booked for it."""

    child: Recipient
    given: tuple[Dose, ...] = ()
    booked: tuple[Booked, ...] = ()


@lru_cache(maxsize=4000)
def lines_on(case: ChildRecord, day: date, more: tuple[Dose, ...] = ()) -> tuple[Forecast, ...]:
    """The forecast on that day, as if what is booked before it had been given."""
    before = [booked.dose for booked in case.booked if booked.dose.given_on < day]
    return tuple(forecast(case.child, [*case.given, *before, *more], day))


@lru_cache(maxsize=1000)
def paid_on(case: ChildRecord, day: date, more: tuple[Dose, ...] = ()) -> tuple[Forecast, ...]:
    """The same for the paid vaccines; one that is not advised any more is `aged_out`."""
    before = [booked.dose for booked in case.booked if booked.dose.given_on < day]
    found = {
        advised.line.series: advised.line
        for advised in advice(case.child, [*case.given, *before, *more], day)
    }
    return tuple(
        found.get(one, Forecast(one, "not_advised", NOT_ADVISED, one)) for one in sorted(PAID)
    )


def lines_for(
    case: ChildRecord, series: Collection[str], day: date, more: tuple[Dose, ...] = ()
) -> dict[str, Forecast]:
    """The lines of these series on that day, by series: of the programme, or paid."""
    rows = lines_on(case, day, more)
    if not PAID.isdisjoint(series):
        rows += paid_on(case, day, more)
    return {row.series: row for row in rows if row.series in series}


def objections(case: ChildRecord, series: Collection[str], day: date) -> list[Objection]:
    """What stands against giving the next dose of all these series on that day; the latest term first."""
    lines = lines_for(case, series, day)
    if _injections(lines.values()) > at_a_visit().injections:
        return [Objection("too_many", TOO_MANY, {"most": at_a_visit().injections})]
    found = [
        against
        for code in sorted(series)
        if (against := _objection(lines[code])) or (against := _double(case, code))
    ]
    found.sort(key=lambda one: str(one.works_from or date.max), reverse=True)
    return found or _too_near(case, [lines[code] for code in sorted(series)], day)


def _injections(lines: Iterable[Forecast]) -> int:
    return sum(vaccines()[line.vaccine].route != "PO" for line in lines if line.vaccine)


def _objection(line: Forecast) -> Objection | None:
    if line.may_be_given:
        return None
    if line.status == "upcoming":
        assert line.vaccine
        assert line.earliest
        name = name_of(vaccines()[line.vaccine])
        facts: dict[str, object] = {"vaccine": name, "first": line.earliest}
        return Objection("dose_too_soon", TOO_SOON, facts, line.earliest)
    return Objection("dose_not_possible", OVER[line.status])


def _double(case: ChildRecord, series: str) -> Objection | None:
    """One dose of a series at a time: the next one is counted from the one that is booked."""
    booked = next((booked for booked in case.booked if booked.series == series), None)
    if booked is None:
        return None
    facts: dict[str, object] = {
        "vaccine": name_of(vaccines()[booked.dose.vaccine]),
        "day": booked.dose.given_on,
    }
    return Objection("dose_booked", mark("%(vaccine)s is booked for %(day)s already."), facts)


def _too_near(case: ChildRecord, lines: Sequence[Forecast], day: date) -> list[Objection]:
    """What is booked for a later day must stay legal there."""
    new = tuple(Dose(line.vaccine, day) for line in lines if line.vaccine)
    for later in case.booked:
        if later.dose.given_on <= day or not new:
            continue
        then = lines_for(case, {later.series}, later.dose.given_on, new)
        if not then[later.series].may_be_given:
            name = name_of(vaccines()[later.dose.vaccine])
            facts: dict[str, object] = {"vaccine": name, "day": later.dose.given_on}
            return [Objection("dose_too_near", TOO_NEAR, facts)]
    return []


def candidates(case: ChildRecord, on: date) -> list[Forecast]:
    """What a visit to come could be for: the next dose of every series that needs one and has none booked."""
    taken = {booked.series for booked in case.booked}
    return [
        line
        for line in lines_on(case, on)
        if line.vaccine
        and (line.may_be_given or line.status == "upcoming")
        and line.series not in taken
    ]


def after_booked(case: ChildRecord, on: date) -> Forecast | None:
    """The first dose that comes when all that is booked has been given."""
    last = max((booked.dose.given_on for booked in case.booked), default=on)
    rows = lines_on(case, max(on, last + timedelta(days=1)))
    to_come = [row for row in rows if row.vaccine and row.earliest and row.earliest > on]
    return min(to_come, key=lambda one: (one.earliest or date.max, one.series), default=None)


def usual(lines: Sequence[Forecast], on: date) -> set[str]:
    """What most would come for: what may be given on that day, as much as one visit can give.

    What is overdue goes before what is due, what could be given earlier before the rest. If nothing may be given, what comes next, and soon.
    """
    wanted = [line for line in lines if line.may_be_given]
    soon = [line.earliest for line in lines if line.earliest and is_near(line.earliest, on)]
    if not wanted and soon:
        wanted = [line for line in lines if line.earliest == min(soon)]
    chosen: list[Forecast] = []
    in_turn = sorted(wanted, key=lambda each: (each.status != "overdue", each.earliest or on))
    for one in in_turn:
        if _injections([*chosen, one]) <= at_a_visit().injections:
            chosen.append(one)
    return {forecast.series for forecast in chosen}


def lacks_booklet(case: ChildRecord, on: date) -> bool:
    """Whether nothing is on record of a child that must have a booklet by then."""
    return not case.given and at_a_visit().booklet_from.after(case.child.birth_date) <= on


def is_near(first: date, on: date) -> bool:
    """Whether a dose from that day on is worth planning now."""
    return first <= on + SOON
