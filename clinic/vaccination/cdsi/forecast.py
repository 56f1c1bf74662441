"""When the next dose of a series is due (chapter 7). Pure."""

from collections.abc import Iterable
from copy import copy
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from clinic.vaccination.cdsi.course import INADVERTENT, WRONG_VACCINE, PatientSeries
from clinic.vaccination.cdsi.evaluation import conflict_end, in_force
from clinic.vaccination.cdsi.schedule import Antigen, TargetDose
from clinic.vaccination.cdsi.skipping import skip


class SeriesStatus(StrEnum):
    """A patient series' status, in the CDC's words."""

    NOT_COMPLETE = "Not complete"
    COMPLETE = "Complete"
    IMMUNE = "Immune"
    AGED_OUT = "Aged out"
    NOT_RECOMMENDED = "Not recommended"


@dataclass(frozen=True, slots=True)
class SeriesForecast:
    """A series after what was given. The dates are there if it is not complete."""

    course: PatientSeries
    status: SeriesStatus
    number: int | None = None
    earliest: date | None = None
    recommended: date | None = None
    past_due: date | None = None
    overrides: bool = False  # it has its way in a vaccine group of several antigens


def forecast(antigen: Antigen, course: PatientSeries, on: date) -> SeriesForecast:
    """What is next in a series on that day."""
    course = copy(course)
    while skip(course, "Forecast", on):
        pass
    while True:
        found = _of_target(antigen, course, on)
        # The recommendation is validated: what need not be given on its day is skipped as well.
        if found.earliest is None or not skip(course, "Forecast", found.earliest):
            return found


def _of_target(antigen: Antigen, course: PatientSeries, on: date) -> SeriesForecast:
    born, before = course.person.birth_date, antigen.immune_if_born_before
    if before and born < before:
        return SeriesForecast(course, SeriesStatus.IMMUNE)
    target = course.target
    if target is None:
        done = SeriesStatus.COMPLETE if course.satisfied else SeriesStatus.NOT_RECOMMENDED
        return SeriesForecast(course, done)
    if target.season[1] and on > target.season[1]:
        return SeriesForecast(course, SeriesStatus.NOT_RECOMMENDED)
    earliest = _earliest(course, target, on)
    maximum = min(_ages(course, target, "maximum", on), default=date.max)
    if on >= maximum or earliest >= maximum:
        return SeriesForecast(course, SeriesStatus.AGED_OUT)
    return _dated(course, target, earliest, on)


def _dated(course: PatientSeries, target: TargetDose, earliest: date, on: date) -> SeriesForecast:
    """FORECASTDT-2, 3, 5, 6."""
    recommended = _ages(course, target, "recommended", on) or _intervals(
        course, target, "recommended", on
    )
    latest = _ages(course, target, "latest", on) or _intervals(course, target, "latest", on)
    rows, season = in_force(target.intervals, on), target.season[0]
    return SeriesForecast(
        course,
        SeriesStatus.NOT_COMPLETE,
        1
        + sum(
            season is None or season <= administered_dose.given_on
            for administered_dose in course.valid
        ),
        earliest,
        max([earliest, *recommended]),
        max(earliest, max(latest) - timedelta(days=1)) if latest else None,
        bool(rows) and all(row.overrides for row in rows),
    )


def _earliest(course: PatientSeries, target: TargetDose, on: date) -> date:
    """FORECASTDTCAN-1. A vaccine that is not for the target dose is like one given inadvertently."""
    wrong = [
        evaluated_dose.dose.given_on
        for evaluated_dose in course.seen
        if evaluated_dose.reason in (INADVERTENT, WRONG_VACCINE)
    ]
    start = target.season[0]
    return max(
        [
            course.person.birth_date,
            *_ages(course, target, "minimum", on),
            *_intervals(course, target, "minimum", on),
            *_conflict_ends(course, target),
            *wrong,
            *([start] if start else []),
        ]
    )


def _ages(course: PatientSeries, target: TargetDose, name: str, on: date) -> list[date]:
    born = course.person.birth_date
    found = [getattr(age, name) for age in in_force(target.ages, on)]
    return [one.after(born) for one in found if one]


def _intervals(course: PatientSeries, target: TargetDose, name: str, on: date) -> list[date]:
    found = []
    for interval in in_force(target.intervals, on):
        start, length = course.reference(interval), getattr(interval, name)
        if start and length:
            found.append(length.after(start))
    return found


def _conflict_ends(course: PatientSeries, target: TargetDose) -> Iterable[date]:
    """When the live vaccines given no longer disturb a preferable one (CALCDTLIVE-4)."""
    for before in course.person.doses:
        for vaccine in target.preferable:
            if (before.cvx, vaccine.cvx) in course.schedule.conflicts:
                yield conflict_end(course, before, vaccine.cvx)
