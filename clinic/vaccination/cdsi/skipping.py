"""When a target dose need not be given (chapter 6.2 of the logic specification). Pure."""

from datetime import date
from typing import Literal

from clinic.vaccination.cdsi.course import PatientSeries
from clinic.vaccination.cdsi.schedule import SkipCondition

When = Literal["Evaluation", "Forecast"]


def skip(course: PatientSeries, when: When, on: date) -> bool:
    """Whether the next target dose may be skipped on that day; if so it is behind now."""
    if course.target is None or not any(
        (any if one.any_will_do else all)(_met(course, each, when, on) for each in one.conditions)
        for skip in course.target.skips
        if skip.when in (when, "Both")
        for one in skip.sets
        if one.since is None or one.since <= on
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
        (not condition.vaccines or one.cvx in condition.vaccines)
        and (when == "Forecast" or one.given_on < on)
        and course.person.is_aged(condition.begin_age, condition.end_age, one.given_on)
        and (condition.start is None or condition.start <= one.given_on)
        and (condition.end is None or one.given_on < condition.end)
        for one in doses
    )
