"""The CDC's answer for a vaccine group: the evaluation of every dose and what is next (chapter 9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache

from clinic.vaccination.cdsi.course import EXTRANEOUS, NOT_VALID, VALID, Dose, Evaluated, Person
from clinic.vaccination.cdsi.evaluation import evaluate
from clinic.vaccination.cdsi.forecast import Forecast, Status, forecast
from clinic.vaccination.cdsi.schedule import Schedule, cdc
from clinic.vaccination.cdsi.selection import best

GENDERS = {"F": "Female", "M": "Male"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A vaccine group on one day. The dates and the number are there if it is not complete."""

    evaluation: Sequence[Evaluated]  # in the order of the days
    status: Status
    number: int | None = None
    earliest: date | None = None
    recommended: date | None = None
    past_due: date | None = None


def assess(
    birth_date: date,
    sex: str | None,
    doses: Iterable[Dose],
    group: str,
    on: date,
    schedule: Schedule | None = None,
) -> Answer:
    """A person's vaccine group (DTAP, MMR …) on a day. `sex` is F, M or None for unknown.

    ValueError for a group or a vaccine that the schedule does not know.
    """
    schedule = schedule or cdc()
    if group not in schedule.groups:
        raise ValueError(f"unknown vaccine group {group!r}")
    person = Person(birth_date, GENDERS.get(sex or "", "Unknown"), sorted(doses))
    for dose in person.doses:
        if dose.cvx not in schedule.vaccines:
            raise ValueError(f"unknown vaccine {dose.cvx!r}")

    @cache
    def of(name: str) -> Forecast:
        return _of_antigen(schedule, name, person, on)

    forecasts = [of(name) for name in schedule.groups[group]]
    evaluation = []
    for dose in person.doses:
        names = [name for name in _antigens(schedule, dose, person) if name in schedule.antigens]
        mine = [name for name in names if name in schedule.groups[group]] or names
        evaluation.append(_merged(dose, [of(name) for name in mine]))
    return _answer(evaluation, forecasts, group in schedule.given_together)


def _antigens(schedule: Schedule, dose: Dose, person: Person) -> list[str]:
    return [
        name
        for name, begin, end in schedule.vaccines[dose.cvx]
        if person.is_aged(begin, end, dose.given_on)
    ]


def _of_antigen(schedule: Schedule, name: str, person: Person, on: date) -> Forecast:
    antigen = schedule.antigens[name]
    doses = [one for one in person.doses if name in _antigens(schedule, one, person)]
    return best(
        [
            forecast(antigen, evaluate(one, person, doses, schedule), on)
            for one in antigen.series
            if not one.genders or person.gender in one.genders
        ]
    )


def _merged(dose: Dose, forecasts: Iterable[Forecast]) -> Evaluated:
    """A dose that counts against one disease of its group counts."""
    found = [one for each in forecasts for one in each.course.seen if one.dose == dose]
    for status in (VALID, NOT_VALID, EXTRANEOUS):
        for one in found:
            if one.status == status:
                return one
    return Evaluated(dose, VALID)


def _answer(
    evaluation: Sequence[Evaluated], forecasts: Sequence[Forecast], together: bool
) -> Answer:
    """Tables 9-2 to 9-4, MULTIANTVG-1 to 3."""
    statuses = {one.status for one in forecasts}
    for status in (Status.AGED_OUT, Status.NOT_RECOMMENDED, Status.NOT_COMPLETE):
        if status in statuses:
            break
    else:
        status = Status.IMMUNE if statuses == {Status.IMMUNE} else Status.COMPLETE
    if status != Status.NOT_COMPLETE:
        return Answer(evaluation, status)
    due = [one for one in forecasts if one.status == Status.NOT_COMPLETE]
    first = min if any(one.overrides for one in due) else max
    last_given = [one.dose.given_on for one in evaluation]
    earliest = first(one.earliest for one in due if one.earliest)
    if first is min:
        earliest = max([earliest, *last_given])
    recommended = min(one.recommended for one in due if one.recommended)
    past_due = min((one.past_due for one in due if one.past_due), default=None)
    return Answer(
        evaluation,
        status,
        (min if together else max)(one.number for one in due if one.number),
        earliest,
        max(earliest, recommended),
        past_due and max(earliest, past_due),
    )
