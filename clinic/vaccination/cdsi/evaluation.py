"""Which doses count: each is held against the target dose it comes to (chapter 6). Pure."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TypeVar

from clinic.vaccination.cdsi.course import (
    EXTRANEOUS,
    INADVERTENT,
    NOT_VALID,
    VALID,
    WRONG_VACCINE,
    AdministeredDose,
    EvaluatedDose,
    PatientSeries,
    Person,
)
from clinic.vaccination.cdsi.schedule import (
    Age,
    Interval,
    PreferableVaccine,
    Schedule,
    Series,
    TargetDose,
)
from clinic.vaccination.cdsi.skipping import skip

TOO_YOUNG = "Age: Too Young"
TOO_OLD = "Age: Too Old"
TOO_SOON = "Interval: too Soon"
LIVE_VIRUS = "Live Virus Conflict"
COMPLETE = "Series Already Complete"

Row = TypeVar("Row", Age, Interval)


def evaluate(
    series: Series, person: Person, doses: Iterable[AdministeredDose], schedule: Schedule
) -> PatientSeries:
    """A series after these doses, which hold its antigen and are in order."""
    course = PatientSeries(series, person, schedule)
    for dose in doses:
        while skip(course, "Evaluation", dose.given_on):
            pass
        target = course.target
        if target is None:
            course.seen.append(EvaluatedDose(dose, EXTRANEOUS, COMPLETE))
            continue
        reason = _wrong(course, target, dose)
        if reason == TOO_OLD:
            course.seen.append(EvaluatedDose(dose, EXTRANEOUS, reason))
        elif reason:
            course.seen.append(EvaluatedDose(dose, NOT_VALID, reason))
        else:
            course.seen.append(EvaluatedDose(dose, VALID))
            course.satisfied[course.at + 1] = dose.given_on
            course.at += not target.recurring
    return course


def in_force(rows: Sequence[Row], on: date) -> list[Row]:
    """The rows that were law on that day."""
    return [
        row
        for row in rows
        if (row.since is None or row.since <= on) and (row.until is None or on <= row.until)
    ]


def _wrong(course: PatientSeries, target: TargetDose, dose: AdministeredDose) -> str | None:
    """Why a dose does not count for a target dose; None if it does."""
    if dose.cvx in target.inadvertent:
        return INADVERTENT
    return (
        _wrong_age(course, target, dose.given_on)
        or _wrong_interval(course, target, dose.given_on)
        or (LIVE_VIRUS if _disturbed(course, dose) else None)
        or (None if _fits(course.person, target, dose) else WRONG_VACCINE)
    )


def _has_grace(course: PatientSeries) -> bool:
    """Days of grace are for who did not come too early before (tables 6-14 and 6-19)."""
    before = course.previous()
    return before is None or before.reason not in (TOO_YOUNG, TOO_SOON)


def _wrong_age(course: PatientSeries, target: TargetDose, on: date) -> str | None:
    for age in in_force(target.ages, on):
        born = course.person.birth_date
        if age.absolute_minimum and on < age.absolute_minimum.after(born):
            return TOO_YOUNG
        if age.minimum and on < age.minimum.after(born) and course.at and not _has_grace(course):
            return TOO_YOUNG
        if age.maximum and on >= age.maximum.after(born):
            return TOO_OLD
    return None


def _wrong_interval(course: PatientSeries, target: TargetDose, on: date) -> str | None:
    """Every preferable interval must have passed, or else every allowable one (6.5, 6.6)."""
    if all(_passed(course, interval, on) for interval in in_force(target.intervals, on)):
        return None
    allowable = in_force(target.allowable_intervals, on)
    if allowable and all(_passed(course, interval, on) for interval in allowable):
        return None
    return TOO_SOON


def _passed(course: PatientSeries, interval: Interval, on: date) -> bool:
    start = course.reference(interval, before=on)
    if start is None:
        return True
    if interval.absolute_minimum and on < interval.absolute_minimum.after(start):
        return False
    early = interval.minimum is not None and on < interval.minimum.after(start)
    return not early or _has_grace(course)


def _disturbed(course: PatientSeries, dose: AdministeredDose) -> bool:
    """Whether another live vaccine was given too shortly before (6.7)."""
    conflicts = course.schedule.conflicts
    return any(
        conflicts[before.cvx, dose.cvx].begin.after(before.given_on) <= dose.given_on
        and dose.given_on < conflict_end(course, before, dose.cvx)
        for before in course.person.doses
        if (before.cvx, dose.cvx) in conflicts
    )


def conflict_end(course: PatientSeries, before: AdministeredDose, cvx: str) -> date:
    """When a live vaccine no longer disturbs another (CALCDTLIVE-2, 3).

    A dose against another disease is taken to be valid: nearly all such pairs have one interval.
    """
    conflict = course.schedule.conflicts[before.cvx, cvx]
    is_valid = all(
        evaluated_dose.status == VALID
        for evaluated_dose in course.seen
        if evaluated_dose.dose == before
    )
    return (conflict.end_if_valid if is_valid else conflict.end).after(before.given_on)


def _fits(person: Person, target: TargetDose, dose: AdministeredDose) -> bool:
    """Whether the vaccine is a preferable or an allowable one (6.8, 6.9)."""

    def may_be(vaccine: PreferableVaccine) -> bool:
        return (
            vaccine.cvx == dose.cvx
            and vaccine.maker in ("", dose.mvx)
            and person.is_aged(vaccine.begin, vaccine.end, dose.given_on)
        )

    return any(map(may_be, target.preferable)) or any(map(may_be, target.allowable))
