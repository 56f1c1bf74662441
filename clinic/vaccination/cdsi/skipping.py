"""When a target dose need not be given (chapter 6.2 of the logic specification). Pure."""

from datetime import date
from typing import Literal

from clinic.vaccination.cdsi.course import PatientSeries
from clinic.vaccination.cdsi.schedule import SkipCondition

When = Literal["Evaluation", "Forecast"]


def skip(course: PatientSeries, when: When, on: date) -> bool:
    """Whether the next target dose may be skipped on that day; if so it is behind now."""
    if course.target is None or not any(
        (any if condition_set.any_will_do else all)(
            _met(course, each, when, on) for each in condition_set.conditions
        )
        for skip in course.target.skips
        if skip.when in (when, "Both")
        for condition_set in skip.sets
        if condition_set.since is None or condition_set.since <= on
    ):
        return False
    course.at += 1
    return True


def _met(course: PatientSeries, condition: SkipCondition, when: When, on: date) -> bool:
    if condition.kind == "age":
        return course.person.is_aged(condition.begin_age, condition.end_age, on)
    if condition.kind == "interval":
        before = course.previous()
        assert condition.interval
        return before is not None and condition.interval.after(before.dose.given_on) <= on
    count = _count(course, condition, when, on)
    if condition.count_logic == "greater than":
        return count > condition.count
    return count == condition.count


def _count(course: PatientSeries, condition: SkipCondition, when: When, on: date) -> int:
    """The doses that a condition counts (CONDSKIP-1): before that day when one is evaluated."""
    doses = course.valid if condition.valid_only else course.person.doses
    return sum(
        (not condition.vaccines or dose.cvx in condition.vaccines)
        and (when == "Forecast" or dose.given_on < on)
        and course.person.is_aged(condition.begin_age, condition.end_age, dose.given_on)
        and (condition.start is None or condition.start <= dose.given_on)
        and (condition.end is None or dose.given_on < condition.end)
        for dose in doses
    )
