"""A person, the doses given, and the way through a series. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from clinic.vaccination.cdsi.dates import CdcPeriod
from clinic.vaccination.cdsi.schedule import Interval, Schedule, Series, TargetDose

VALID = "Valid"
NOT_VALID = "Not Valid"
EXTRANEOUS = "Extraneous"
INADVERTENT = "Inadvertent Vaccine"
WRONG_VACCINE = "Vaccine: Invalid Usage"


@dataclass(frozen=True, slots=True, order=True)
class AdministeredDose:
    """A dose given: the day, the vaccine's CVX code, and its maker's MVX code if known."""

    given_on: date
    cvx: str
    mvx: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    """Who is looked at; `doses` has every dose given, in order."""

    birth_date: date
    gender: str  # Female, Male, Unknown
    doses: Sequence[AdministeredDose]

    def at(self, age: CdcPeriod | None) -> date | None:
        """The day of that age."""
        return age.after(self.birth_date) if age else None

    def is_aged(self, begin: CdcPeriod | None, end: CdcPeriod | None, on: date) -> bool:
        """Whether the person is that old, and younger than that, on a day."""
        return (begin is None or begin.after(self.birth_date) <= on) and (
            end is None or on < end.after(self.birth_date)
        )


@dataclass(frozen=True, slots=True)
class EvaluatedDose:
    """A dose in a series: whether it counts, and why not."""

    dose: AdministeredDose
    status: str
    reason: str | None = None


@dataclass
class PatientSeries:
    """A person's way through a series."""

    series: Series
    person: Person
    schedule: Schedule
    seen: list[EvaluatedDose] = field(default_factory=list)
    satisfied: dict[int, date] = field(default_factory=dict)  # the target doses, from 1 on
    at: int = 0  # target doses behind

    @property
    def target(self) -> TargetDose | None:
        """The target dose that is next; None at the series' end."""
        return self.series.doses[self.at] if self.at < len(self.series.doses) else None

    @property
    def valid(self) -> list[AdministeredDose]:
        """The doses that counted."""
        return [
            evaluated_dose.dose for evaluated_dose in self.seen if evaluated_dose.status == VALID
        ]

    def previous(self) -> EvaluatedDose | None:
        """The dose before, whether it counted or not; not one that was given inadvertently."""
        for evaluated_dose in reversed(self.seen):
            if evaluated_dose.status in (VALID, NOT_VALID) and evaluated_dose.reason != INADVERTENT:
                return evaluated_dose
        return None

    def reference(self, interval: Interval, before: date = date.max) -> date | None:
        """The day an interval counts from (CALCDTINT-1, 2, 8); None if there is no such dose.

        The latest of some vaccines may be one against another disease, given `before` that day.
        """
        if interval.from_target:
            return self.satisfied.get(interval.from_target)
        if interval.from_vaccines:
            wrong = [
                evaluated_dose.dose
                for evaluated_dose in self.seen
                if evaluated_dose.reason == INADVERTENT
            ]
            days = [
                dose.given_on
                for dose in self.person.doses
                if dose.cvx in interval.from_vaccines
                and dose.given_on < before
                and dose not in wrong
            ]
            return max(days, default=None)
        last = self.previous()
        return last.dose.given_on if last else None
