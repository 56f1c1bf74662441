"""What a parent is asked before a check: the warning signs of its age, and a few questions. Pure.

The signs are those of `schedule.json`, in its own words; the rest is data too (`questions.json`,
with source, version and what is unverified).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clinic.checkups.due.schedule import CheckAge, check_ages

FILE = Path(__file__).with_name("questions.json")
REGRESSION = "regression"


@dataclass(frozen=True)
class Option:
    """One answer that can be chosen."""

    value: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class CheckQuestion:
    """A question with its answers; `is_sign` for warning signs and regression."""

    code: str
    text_zh: str
    text_en: str
    options: tuple[Option, ...]
    is_sign: bool = False

    def option(self, value: str) -> Option | None:
        """The answer with that value."""
        return next((option for option in self.options if option.value == value), None)


def options_of(raw: list[dict[str, str]]) -> tuple[Option, ...]:
    """As the files write them."""
    return tuple(Option(one["value"], one["zh"], one["en"]) for one in raw)


@cache
def data() -> dict[str, Any]:
    """The file. KeyError where a sign of the schedule has no English."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    for check_age in check_ages():
        for sign in check_age.warning_signs:
            found["signs"]["en"][sign]
    return found


def in_range(check_age: CheckAge, first: str, last: str) -> bool:
    """Whether that check lies between these two, both inclusive."""
    order = [check_age.id for check_age in check_ages()]
    return order.index(first) <= order.index(check_age.id) <= order.index(last)


@cache
def signs(check_age: CheckAge) -> tuple[CheckQuestion, ...]:
    """The age's warning signs (sign-1 to sign-4), and regression where there is such a screen."""
    if not check_age.warning_signs:
        return ()
    english, options = data()["signs"]["en"], options_of(data()["sign_options"])
    back = data()["regression"]
    return (
        *(
            CheckQuestion(f"sign-{number}", sign, english[sign], options, True)
            for number, sign in enumerate(check_age.warning_signs, 1)
        ),
        CheckQuestion(REGRESSION, back["zh"], back["en"], options, True),
    )


@cache
def daily(check_age: CheckAge) -> tuple[CheckQuestion, ...]:
    """What is asked about feeding, sleep, outdoor and screen time at that age."""
    return tuple(
        CheckQuestion(one["code"], one["zh"], one["en"], options_of(one["options"]))
        for one in data()["questions"]
        if in_range(check_age, one["from"], one["to"])
    )


def questions(check_age: CheckAge) -> tuple[CheckQuestion, ...]:
    """All of them, in the order in which they are asked."""
    return signs(check_age) + daily(check_age)


def unanswered(check_age: CheckAge, answers: Mapping[str, str]) -> tuple[CheckQuestion, ...]:
    """What is still to be answered."""
    return tuple(
        question
        for question in questions(check_age)
        if question.option(answers.get(question.code, "")) is None
    )
