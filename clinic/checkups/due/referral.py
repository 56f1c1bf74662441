"""When a screen of warning signs sends a child on, and where to. Pure.

Rules W1 and W2 of `schedule.json` (国卫办妇幼发〔2022〕12号): any one sign, or any regression of
language or contact at any age, goes to the district maternal and child health centre for the
second screen.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from clinic.checkups.due.next_check import screen_action
from clinic.checkups.due.questions import REGRESSION, signs
from clinic.checkups.due.schedule import CheckAge
from clinic.questionnaires.questionnaire import Question

SCALE = "儿心量表-II"
SECOND_SCREEN = ((18, (SCALE,)), (24, ("M-CHAT", SCALE)))  # below that age in months
FROM_24 = ("ABC", SCALE)


@dataclass(frozen=True)
class Referral:
    """Why the child is referred, and what the second screen uses."""

    because: tuple[Question, ...]
    tools: tuple[str, ...]


def second_screen(age_months: int) -> tuple[str, ...]:
    """The tools of the second screen at that age (completed months, rule W2)."""
    return next((tools for below, tools in SECOND_SCREEN if age_months < below), FROM_24)


def referral(check_age: CheckAge, found: Mapping[str, str], age_months: int) -> Referral | None:
    """The referral that the findings ask for (field: "yes", "no" or empty); None if none does."""
    seen = tuple(sign for sign in signs(check_age) if found.get(sign.code) == "yes")
    positive = [question.code for question in seen if question.code != REGRESSION]
    action, _ = screen_action(positive, regression=len(seen) > len(positive))
    return Referral(seen, second_screen(age_months)) if action == "refer" else None
