"""What a child is due for, by the programme: which doses count, and when the next may be given. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from clinic.vaccination.programme.child import Condition, Dose, Recipient
from clinic.vaccination.programme.national import Programme, national
from clinic.vaccination.programme.need import (
    Case,
    End,
    Need,
    Term,
)
from clinic.vaccination.programme.needs import SERIES
from clinic.vaccination.programme.words import (
    IMMUNOGLOBULIN,
    LIVE,
    Words,
    words,
)

TOO_OLD = Words("已满18周岁", "From 18 years on the programme gives none")
DEFERRED = Words(
    "化疗、放疗或免疫抑制期间由医生决定", "A doctor decides during treatment that weakens immunity"
)


@dataclass(frozen=True)
class Evaluated:
    """A dose that was given: whether it counts in its series, and why if it does not."""

    dose: Dose
    is_valid: bool
    why: Words | None = None


@dataclass(frozen=True)
class Forecast:
    """One series on one day. Statuses: upcoming, due, overdue, complete, aged_out, not_applicable,
    needs_precondition. `complete_before` is the first day that is too late."""

    series: str
    status: str
    why: Words
    rule: str
    vaccine: str | None = None
    number: int | None = None
    earliest: date | None = None
    complete_before: date | None = None
    doses: tuple[Evaluated, ...] = ()

    @property
    def may_be_given(self) -> bool:
        """Whether its next dose may be given on that day."""
        return self.status in ("due", "overdue")

    @property
    def recommended(self) -> date | None:
        """The programme gives each dose as soon as it may be given."""
        return self.earliest


def forecast(
    child: Recipient, history: Iterable[Dose], on: date, programme: Programme | None = None
) -> list[Forecast]:
    """Every series of the programme, once, in its order. Doses given after `on` are not looked at.

    ValueError for a vaccine that the programme does not know.
    """
    case = Case(child, programme or national())
    given = sorted({dose for dose in history if dose.given_on <= on}, key=_in_order)
    for dose in given:
        if dose.vaccine not in case.programme.vaccines:
            raise ValueError(f"unknown vaccine {dose.vaccine!r}")
    return [_forecast(case, series, given, on) for series in SERIES]


def _in_order(dose: Dose) -> tuple[date, str]:
    return dose.given_on, dose.vaccine


def _forecast(case: Case, series: str, history: Sequence[Dose], on: date) -> Forecast:
    antigens, next_of = SERIES[series]
    serving = case.programme.with_antigen(*antigens)
    if series == "HEPB":
        serving -= {"HBIG"}
    seen = evaluate(case, series, [dose for dose in history if dose.vaccine in serving])
    valid = [evaluated.dose for evaluated in seen if evaluated.is_valid]
    need = next_of(case, valid, on)
    if isinstance(need, End):
        return Forecast(series, need.status, need.why, need.rule, doses=tuple(seen))
    terms = [*need.terms, *live_terms(case, need.vaccine, history)]
    if seen and not seen[-1].is_valid and valid:
        terms += _after_one_too_soon(need, valid[-1], seen[-1].dose)
    governing = max(terms, key=lambda one: one.day)
    earliest = governing.day
    end = case.at(case.programme.ends_at_age)
    if max(on, earliest) >= end:
        return Forecast(series, "aged_out", TOO_OLD, "< 18 y", doses=tuple(seen))
    return Forecast(
        series,
        _status(case, need, earliest, on),
        need.precondition or _deferred(case) or governing.why,
        need.rule,
        need.vaccine,
        need.number,
        earliest,
        need.complete_before,
        tuple(seen),
    )


def _after_one_too_soon(need: Need, last: Dose, wasted: Dose) -> list[Term]:
    """The intervals from a dose that does not count: the body does not know that it was too soon."""
    return [
        Term(term.gap.after(wasted.given_on), term.why, gap=term.gap)
        for term in need.terms
        if term.gap and wasted.given_on > last.given_on
    ]


def _status(case: Case, need: Need, earliest: date, on: date) -> str:
    if need.precondition or _deferred(case):
        return "needs_precondition"
    if earliest > on:
        return "upcoming"
    is_late = need.complete_before is not None and on >= need.complete_before
    return "overdue" if is_late else "due"


def _deferred(case: Case) -> Words | None:
    return DEFERRED if case.has(Condition.IMMUNOSUPPRESSED) else None


def evaluate(case: Case, series: str, given: Sequence[Dose]) -> list[Evaluated]:
    """Which doses of a series count: none that came before its age or its interval.

    The live vaccines' 28 days and immunoglobulin delay a dose; the text takes none back for them.
    """
    next_of = SERIES[series][1]
    seen: list[Evaluated] = []
    valid: list[Dose] = []
    for dose in given:
        need = next_of(case, valid, dose.given_on)
        broken = None
        if isinstance(need, Need):
            terms = [
                term
                for term in need.terms_for(dose.vaccine)
                if not term.soft and term.day > dose.given_on
            ]
            broken = max(terms, key=lambda one: one.day, default=None)
        if broken is None:
            valid.append(dose)
        seen.append(Evaluated(dose, broken is None, broken.why if broken else None))
    return seen


def live_terms(case: Case, vaccine: str, history: Sequence[Dose]) -> list[Term]:
    """What keeps an injected live vaccine waiting: another one, or immunoglobulin (not BCG)."""
    programme = case.programme
    if not programme.vaccines[vaccine].live_injected:
        return []
    gap, rest = programme.live_gap, programme.immunoglobulin_gap
    terms = [
        Term(gap.after(dose.given_on), words(LIVE, gap))
        for dose in history
        if programme.vaccines[dose.vaccine].live_injected
    ]
    if vaccine != "BCG":
        days = [*case.child.immunoglobulin_on, *(o.given_on for o in history if o.vaccine == "IG")]
        terms += [Term(rest.after(day), words(IMMUNOGLOBULIN, rest)) for day in days]
    return terms
