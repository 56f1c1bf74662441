"""What was chosen and typed into the questions of a form: `q-<code>`, and `q-<code>-day`."""

import json
from collections.abc import Iterable, Mapping
from datetime import date

from flask_babel import gettext as _

from clinic.amounts import parts_of
from clinic.i18n import name_of
from clinic.outside import an_object
from clinic.questionnaires.answers import Answer
from clinic.questionnaires.questionnaire import YES_NO, Question
from clinic.typed import Errors, day_in


def field_of(code: str) -> str:
    """The name of a question's field, and the id of what surrounds it."""
    return f"q-{code}"


def answers_in(
    questions: Iterable[Question], typed: Mapping[str, str], *, birth_date: date, today: date
) -> tuple[dict[str, Answer], Errors]:
    """The answers, and what is missing or wrong, by field. A day lies between birth and today."""
    answers: dict[str, Answer] = {}
    errors: Errors = {}
    for question in questions:
        name = field_of(question.code)
        text = typed.get(name, "")
        if not text and question.is_optional:
            continue
        value = _number(question, text) if question.number else text
        if not question.allows(Answer(value)):
            errors[name] = _missing(question)
            continue
        day = None
        if question.asks_day and Answer(value).is_yes:
            day = _day(typed, f"{name}-day", errors, birth_date, today)
        answers[question.code] = Answer(value, day)
    return answers, errors


def _number(question: Question, text: str) -> str:
    """The number in plain digits, without its unit; empty for what is none."""
    assert question.number
    number, unit = parts_of(text.removesuffix(question.number.unit))
    return f"{number:f}" if number is not None and unit in (None, question.number.unit) else ""


def _missing(question: Question) -> str:
    if question.number:
        low, high = f"{question.number.least:f}", f"{question.number.most:f}"
        return str(_("Enter a number from %(low)s to %(high)s.", low=low, high=high))
    is_yes_or_no = question.options == YES_NO
    return str(_("Please answer yes or no.") if is_yes_or_no else _("Please choose an answer."))


def _day(
    typed: Mapping[str, str], name: str, errors: Errors, birth_date: date, today: date
) -> date | None:
    day = day_in(typed, name, errors)
    if day is None:
        errors[name] = _("Enter a day, as 2026-03-01.")
    elif not birth_date <= day <= today:
        errors[name] = _("Enter a day between birth and today.")
    return day


def typed_of(answers: Mapping[str, Answer]) -> dict[str, str]:
    """The fields of a form that shows these answers."""
    typed: dict[str, str] = {}
    for code, answer in answers.items():
        typed[field_of(code)] = answer.value
        typed[f"{field_of(code)}-day"] = answer.day.isoformat() if answer.day else ""
    return typed


def named(questions: Iterable[Question]) -> dict[str, str]:
    """What each field asks, for the list of what needs another look."""
    names: dict[str, str] = {}
    for question in questions:
        text = name_of(question, "text")
        names |= {field_of(question.code): text, f"{field_of(question.code)}-day": text}
    return names


def shown(answers: Mapping[str, Answer]) -> str:
    """For a hidden field: what the page shows, so that only what was changed is kept."""
    return json.dumps({code: _as_text(answer) for code, answer in answers.items()})


def _as_text(answer: Answer | None) -> str | None:
    if answer is None:
        return None
    return f"{answer.value} {answer.day}" if answer.day else answer.value


def changed_in(
    asked: Iterable[Question], answers: Mapping[str, Answer], form: Mapping[str, str]
) -> dict[str, Answer | None]:
    """Of the answers of a form, the one that it sent by itself (`only`), or those that were changed
    since it was shown: answers saved meanwhile are left alone.

    None for an optional question whose field was cleared.
    """
    only, before = form.get("only"), an_object(form.get("shown"))
    cleared: dict[str, Answer | None] = {
        question.code: None
        for question in asked
        if question.is_optional and form.get(field_of(question.code)) == ""
    }
    return {
        code: answer
        for code, answer in {**answers, **cleared}.items()
        if (code == only if only else _as_text(answer) != before.get(code))
    }
