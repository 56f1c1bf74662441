"""The next dose of a series as a value: its terms, or why there is none; and series that go row by row. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

from clinic.vaccination.programme.child import Condition, Dose, Recipient
from clinic.vaccination.programme.national import Period, Programme, SeriesDose
from clinic.vaccination.programme.words import (
    AFTER,
    AGE,
    Words,
    words,
)


@dataclass(frozen=True)
class Term:
    """A first day and what gives it. A soft one plans the next dose, and judges none that was given.

    `gap`: it is the interval from the dose before.
    """

    day: date
    why: Words
    soft: bool = False
    gap: Period | None = None


@dataclass(frozen=True)
class Need:
    """The next dose: none of its terms may be broken. `precondition` comes first, if there is one."""

    number: int
    vaccine: str
    terms: tuple[Term, ...]
    complete_before: date | None
    rule: str
    precondition: Words | None = None
    label_of: frozenset[str] = (
        frozenset()
    )  # vaccines that keep to these terms of their label instead
    label: tuple[Term, ...] = ()

    def terms_for(self, vaccine: str) -> tuple[Term, ...]:
        """What that vaccine must keep to, if it is to be this dose."""
        return self.label if vaccine in self.label_of else self.terms


@dataclass(frozen=True)
class End:
    """Nothing more: `complete`, `aged_out` or `not_applicable`, and why."""

    status: str
    why: Words
    rule: str


@dataclass(frozen=True)
class Case:
    """A child under a programme."""

    child: Recipient
    programme: Programme

    def at(self, age: Period) -> date:
        """The day on which the child reaches that age."""
        return age.after(self.child.birth_date)

    def has(self, *conditions: Condition) -> bool:
        """Whether any of these holds."""
        return not self.child.conditions.isdisjoint(conditions)


Given = Sequence[Dose]
Next = Need | End


def at_age(case: Case, age: Period, *, soft: bool = False) -> Term:
    return Term(case.at(age), words(AGE, age), soft)


def after(dose: Dose, gap: Period, *, soft: bool = False) -> Term:
    return Term(gap.after(dose.given_on), words(AFTER, gap), soft, gap)


def by_row(
    case: Case, row: SeriesDose, given: Given, *more: Term, vaccine: str = "", soft: bool = False
) -> Need:
    """The need of a row of the schedule: its age, its interval from the last dose, and more."""
    vaccine = vaccine or row.vaccine
    terms = [at_age(case, row.min_age, soft=soft), *more]
    if given and row.after_previous:
        terms.append(after(given[-1], row.after_previous))
    return Need(
        row.number,
        vaccine,
        tuple(terms),
        case.at(row.complete_before) if row.complete_before else None,
        f"NIP{case.programme.version} {vaccine}-{row.number}",
    )


def in_order(series: str, *more: Callable[[Case, Given], Term | None]) -> Callable[..., Next]:
    """A series that is given row by row."""

    def next_of(case: Case, given: Given, on: date) -> Next:
        rows = case.programme.series[series]
        if len(given) >= len(rows):
            return complete(f"NIP{case.programme.version} {rows[-1].vaccine}")
        terms = [term for make in more if (term := make(case, given))]
        return by_row(case, rows[len(given)], given, *terms)

    return next_of


def complete(rule: str) -> End:
    return End("complete", Words("已完成全程接种", "The series is complete"), rule)
