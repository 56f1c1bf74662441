"""What a parent is asked before a check: the warning signs of its age, and a few questions. Pure.

The questions are data (`check_questions/`, with source, version and what is unverified); each is
asked `from` one check age `to` another, both included. The signs are those of `schedule.json`, in
its own words.
"""

from functools import cache
from pathlib import Path

from clinic.checkups.due.schedule import CheckAge, check_ages
from clinic.questionnaires.files import Raw, read_versions
from clinic.questionnaires.questionnaire import Question, Versions

FOLDER = Path(__file__).with_name("check_questions")
SIGNS, DAILY = "signs", "daily"  # the groups
REGRESSION = "regression"


def in_range(check_age: CheckAge, first: str, last: str) -> bool:
    """Whether that check lies between these two, both inclusive."""
    order = [check_age.id for check_age in check_ages()]
    return order.index(first) <= order.index(check_age.id) <= order.index(last)


@cache
def versions(check_age: CheckAge) -> Versions:
    """The questionnaire of that check, in all versions."""

    def of_age(raw: Raw) -> Raw:
        asked = [each for each in raw["questions"] if in_range(check_age, each["from"], each["to"])]
        return raw | {"code": code_of(check_age), "questions": asked}

    return read_versions(FOLDER, of_age)


def code_of(check_age: CheckAge) -> str:
    """The questionnaire of that check, as answers name it."""
    return f"check-{check_age.id}"


def questions(check_age: CheckAge) -> tuple[Question, ...]:
    """All of them, in the order in which they are asked."""
    return versions(check_age).current.questions


@cache
def signs(check_age: CheckAge) -> tuple[Question, ...]:
    """The age's warning signs (sign-1 to sign-4), and regression where there is such a screen."""
    return tuple(question for question in questions(check_age) if question.group == SIGNS)


@cache
def daily(check_age: CheckAge) -> tuple[Question, ...]:
    """What is asked about feeding, sleep, outdoor and screen time at that age."""
    return tuple(question for question in questions(check_age) if question.group == DAILY)
