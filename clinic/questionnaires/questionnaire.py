"""A questionnaire: questions, whom they are for, and what an answer means by which rule. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from clinic.ages import add_months
from clinic.questionnaires.answers import YES, Answer

STAFF = "staff"


@dataclass(frozen=True)
class Option:
    """One answer that can be chosen."""

    value: str
    name_zh: str
    name_en: str


YES_NO = (Option("no", "否", "No"), Option(YES, "是", "Yes"))
UNSURE = Option("unsure", "说不准", "Not sure")


@dataclass(frozen=True)
class Number:
    """A question that is answered with a number: its unit and what is possible, both included."""

    unit: str
    least: Decimal
    most: Decimal


@dataclass(frozen=True)
class Whom:
    """Of which children something is asked: from an age until before another, of one sex or of both."""

    age_from: tuple[int, int] = (0, 0)  # completed months, and days after them
    age_to: tuple[int, int] | None = None
    sex: str = ""

    def holds(self, birth_date: date, sex: str, on: date) -> bool:
        """Whether a child is among them on that day."""
        if self.sex and self.sex != sex:
            return False
        return _reaches(birth_date, self.age_from) <= on and (
            self.age_to is None or on < _reaches(birth_date, self.age_to)
        )


def _reaches(birth_date: date, age: tuple[int, int]) -> date:
    return add_months(birth_date, age[0]) + timedelta(days=age[1])


@dataclass(frozen=True)
class Question:
    """A question with its possible answers: options to choose from, or a number."""

    code: str
    text_zh: str
    text_en: str
    options: tuple[Option, ...] = YES_NO
    number: Number | None = None
    asks_day: bool = False
    is_optional: bool = False
    group: str = ""
    stage: int = 1
    whom: Whom = Whom()
    asked_by: str = ""
    more: Mapping[str, Any] = field(default_factory=dict, compare=False)

    def option(self, value: str) -> Option | None:
        """The answer with that value."""
        return next((option for option in self.options if option.value == value), None)

    def allows(self, answer: Answer | None) -> bool:
        """Whether that is an answer to it."""
        if answer is None:
            return False
        if self.number:
            number = answer.number
            return number is not None and self.number.least <= number <= self.number.most
        return self.option(answer.value) is not None


@dataclass(frozen=True)
class Rule:
    """What an answer means: `values`, or a number within all of these bounds."""

    question: str
    consequence: str
    text_zh: str
    text_en: str
    values: frozenset[str] = frozenset({YES})
    bounds: Mapping[str, Decimal] = field(default_factory=dict)
    is_verified: bool = False
    more: Mapping[str, Any] = field(default_factory=dict)

    def counts(self, answer: Answer | None) -> bool:
        """Whether that answer is one that it is about."""
        if answer is None:
            return False
        if not self.bounds:
            return answer.value in self.values
        number = answer.number
        return number is not None and all(
            BOUNDS[name](number, bound) for name, bound in self.bounds.items()
        )


BOUNDS = {
    "least": lambda number, bound: number >= bound,
    "most": lambda number, bound: number <= bound,
    "above": lambda number, bound: number > bound,
    "below": lambda number, bound: number < bound,
}


@dataclass(frozen=True)
class Questionnaire:
    """One version of a questionnaire."""

    code: str
    version: str
    questions: tuple[Question, ...]
    rules: tuple[Rule, ...] = ()
    consequences: tuple[str, ...] = ()

    def question(self, code: str) -> Question | None:
        """The question with that code."""
        return next((question for question in self.questions if question.code == code), None)

    def asked_of(
        self, birth_date: date, sex: str, on: date, *, by_staff: bool = False
    ) -> tuple[Question, ...]:
        """What a child of that age and sex is asked on that day, by its family or by staff."""
        return tuple(
            question
            for question in self.questions
            if question.whom.holds(birth_date, sex, on) and (by_staff or question.asked_by != STAFF)
        )

    def of(self, questions: Iterable[Question], code: str = "") -> "Questionnaire":
        """The same with only these questions, and the rules about them."""
        questions = tuple(questions)
        codes = {question.code for question in questions}
        rules = tuple(rule for rule in self.rules if rule.question in codes)
        return replace(self, code=code or self.code, questions=questions, rules=rules)

    def counting(self, answers: Mapping[str, Answer]) -> tuple[Rule, ...]:
        """The rules that these answers meet, in the order of the data."""
        return tuple(rule for rule in self.rules if rule.counts(answers.get(rule.question)))

    def gravest(self, consequences: Iterable[str]) -> str:
        """Of these; the mildest of all if there are none, and nothing where nothing can follow."""
        order = self.consequences
        return max(consequences, key=order.index, default=order[0] if order else "")


def unanswered(asked: Iterable[Question], answers: Mapping[str, Answer]) -> tuple[Question, ...]:
    """Of what is asked (`Questionnaire.asked_of`), what is still to be answered."""
    return tuple(
        question
        for question in asked
        if not question.is_optional and not question.allows(answers.get(question.code))
    )


@dataclass(frozen=True)
class Versions:
    """All versions of a questionnaire, the newest last. Answers stay with the one they were given to."""

    all: tuple[Questionnaire, ...]

    @property
    def current(self) -> Questionnaire:
        """The one that is asked now."""
        return self.all[-1]

    @property
    def code(self) -> str:
        """Of the questionnaire, whatever its version."""
        return self.current.code

    def of(self, version: str) -> Questionnaire | None:
        """That version; None if its file is gone, and with it what was asked and what it meant."""
        return next((each for each in self.all if each.version == version), None)

    def still_answered(self, version: str, answers: Mapping[str, Answer]) -> dict[str, Answer]:
        """Of answers to that version, those to questions that are asked in the same words today.

        None of them if the version's file is gone: in which words they were asked is not known.
        """
        asked = self.of(version)
        if asked is None:
            return {}
        return {
            code: answer
            for code, answer in answers.items()
            if (question := self.current.question(code)) and question == asked.question(code)
        }
