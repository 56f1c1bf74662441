"""The CDC's answer for a vaccine group: the evaluation of every dose and what is next (chapter 9)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from clinic.vaccination.cdsi.course import (
    EXTRANEOUS,
    NOT_VALID,
    VALID,
    AdministeredDose,
    EvaluatedDose,
    Person,
)
from clinic.vaccination.cdsi.evaluation import evaluate
from clinic.vaccination.cdsi.forecast import SeriesForecast, SeriesStatus, forecast
from clinic.vaccination.cdsi.schedule import Antigen, Schedule, cdc
from clinic.vaccination.cdsi.selection import best

NOT_EVALUATED = "Not Evaluated"  # nobody needs that vaccine who is healthy
GENDERS = {"F": "Female", "M": "Male"}


@dataclass(frozen=True, slots=True)
class GroupForecast:
    """A vaccine group on one day. The dates and the number are there if it is not complete."""

    evaluation: Sequence[EvaluatedDose]  # in the order of the days
    status: SeriesStatus
    number: int | None = None
    earliest: date | None = None
    recommended: date | None = None
    past_due: date | None = None


def assess(
    birth_date: date,
    sex: str | None,
    doses: Iterable[AdministeredDose],
    group: str,
    on: date,
    schedule: Schedule | None = None,
) -> GroupForecast:
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

    antigens = schedule.groups[group]
    held = [_antigens(schedule, dose, person) for dose in person.doses]
    found = {
        name: _of_antigen(schedule.antigens[name], person, held, on, schedule)
        for name in dict.fromkeys([*antigens, *(name for names in held for name in names)])
    }
    seen = {name: iter(one.course.seen) for name, one in found.items()}
    evaluation = []
    for dose, names in zip(person.doses, held, strict=True):
        every = {name: next(seen[name]) for name in names}
        mine = [one for name, one in every.items() if name in antigens]
        evaluation.append(_merged(dose, mine or every.values()))
    return _answer(evaluation, [found[name] for name in antigens], group in schedule.given_together)


def _antigens(schedule: Schedule, dose: AdministeredDose, person: Person) -> list[str]:
    """The antigens of a dose against which there is a series for the healthy."""
    return [
        name
        for name, begin, end in schedule.vaccines[dose.cvx]
        if name in schedule.antigens and person.is_aged(begin, end, dose.given_on)
    ]


def _of_antigen(
    antigen: Antigen, person: Person, held: Sequence[Sequence[str]], on: date, schedule: Schedule
) -> SeriesForecast:
    doses = [dose for dose, names in zip(person.doses, held, strict=True) if antigen.name in names]
    return best(
        [
            forecast(antigen, evaluate(series, person, doses, schedule), on)
            for series in antigen.series
            if not series.genders or person.gender in series.genders
        ]
    )


def _merged(dose: AdministeredDose, evaluated: Iterable[EvaluatedDose]) -> EvaluatedDose:
    """A dose that counts against one disease of its group counts."""
    ranked = sorted(evaluated, key=lambda one: (VALID, NOT_VALID, EXTRANEOUS).index(one.status))
    return ranked[0] if ranked else EvaluatedDose(dose, NOT_EVALUATED)


def _answer(
    evaluation: Sequence[EvaluatedDose], forecasts: Sequence[SeriesForecast], together: bool
) -> GroupForecast:
    """Tables 9-2 to 9-4 and the rules MULTIANTVG-1 to 3."""
    status = _status({forecast.status for forecast in forecasts})
    due = [forecast for forecast in forecasts if forecast.status == SeriesStatus.NOT_COMPLETE]
    if status != SeriesStatus.NOT_COMPLETE:
        return GroupForecast(evaluation, status)
    dates = [series_forecast.earliest for series_forecast in due if series_forecast.earliest]
    if any(series_forecast.overrides for series_forecast in due):
        given = [each.dose.given_on for forecast in forecasts for each in forecast.course.seen]
        earliest = max([min(dates), *given])
    else:
        earliest = max(dates)
    past_due = min(
        (series_forecast.past_due for series_forecast in due if series_forecast.past_due),
        default=None,
    )
    return GroupForecast(
        evaluation,
        status,
        (min if together else max)(
            series_forecast.number for series_forecast in due if series_forecast.number
        ),
        earliest,
        max(
            earliest,
            min(
                series_forecast.recommended
                for series_forecast in due
                if series_forecast.recommended
            ),
        ),
        past_due and max(earliest, past_due),
    )


def _status(statuses: set[SeriesStatus]) -> SeriesStatus:
    """A group's status: that of the disease that is worst off."""
    if statuses == {SeriesStatus.IMMUNE}:
        return SeriesStatus.IMMUNE
    order = (SeriesStatus.AGED_OUT, SeriesStatus.NOT_RECOMMENDED, SeriesStatus.NOT_COMPLETE)
    return next(
        (series_status for series_status in order if series_status in statuses),
        SeriesStatus.COMPLETE,
    )
