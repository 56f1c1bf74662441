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

from clinic.checkups.due.schedule import CheckAge, visits

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
    for visit in visits():
        for sign in visit.warning_signs:
            found["signs"]["en"][sign]
    return found


def in_range(visit: CheckAge, first: str, last: str) -> bool:
    """Whether that check lies between these two, both inclusive."""
    order = [visit.id for visit in visits()]
    return order.index(first) <= order.index(visit.id) <= order.index(last)


@cache
def signs(visit: CheckAge) -> tuple[CheckQuestion, ...]:
    """The age's warning signs (sign-1 to sign-4), and regression where there is such a screen."""
    if not visit.warning_signs:
        return ()
    english, options = data()["signs"]["en"], options_of(data()["sign_options"])
    back = data()["regression"]
    return (
        *(
            CheckQuestion(f"sign-{number}", sign, english[sign], options, True)
            for number, sign in enumerate(visit.warning_signs, 1)
        ),
        CheckQuestion(REGRESSION, back["zh"], back["en"], options, True),
    )


@cache
def daily(visit: CheckAge) -> tuple[CheckQuestion, ...]:
    """What is asked about feeding, sleep, outdoor and screen time at that age."""
    return tuple(
        CheckQuestion(one["code"], one["zh"], one["en"], options_of(one["options"]))
        for one in data()["questions"]
        if in_range(visit, one["from"], one["to"])
    )


def questions(visit: CheckAge) -> tuple[CheckQuestion, ...]:
    """All of them, in the order in which they are asked."""
    return signs(visit) + daily(visit)


def unanswered(visit: CheckAge, answers: Mapping[str, str]) -> tuple[CheckQuestion, ...]:
    """What is still to be answered."""
    return tuple(
        question
        for question in questions(visit)
        if question.option(answers.get(question.code, "")) is None
    )
