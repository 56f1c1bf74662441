"""The questions about health before a vaccination, and what the answers mean for each vaccine. Pure.

Questions and rules are data (`screening.json`, with source, version and what is unverified).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from clinic.vaccination.programme.catalogue import Vaccine, vaccines
from clinic.vaccination.programme.national import Period, period

GOOD_FOR = timedelta(hours=24)  # after that the questions are asked again


class Verdict(StrEnum):
    """What the answers come to, the mildest first."""

    GO = "go"
    NURSE = "nurse"
    LATER = "later"


@dataclass(frozen=True)
class HealthQuestion:
    """A question that is answered yes or no; some ask for the day as well."""

    code: str
    text_zh: str
    text_en: str
    asks_day: bool


@dataclass(frozen=True)
class Rule:
    """What a yes means for some vaccines. `wait` is counted from the day that was answered."""

    question: str
    about: str
    verdict: Verdict
    wait: Period | None
    text_zh: str
    text_en: str
    is_verified: bool


@dataclass(frozen=True)
class Answer:
    """Yes or no, and the day where one is asked for."""

    yes: bool
    day: date | None = None


@dataclass(frozen=True)
class Outcome:
    """For one vaccine: the verdict, the first day that is possible if it is later, and the rules."""

    verdict: Verdict = Verdict.GO
    until: date | None = None
    rules: tuple[Rule, ...] = ()


@cache
def _data() -> tuple[str, tuple[HealthQuestion, ...], tuple[Rule, ...]]:
    data = json.loads(Path(__file__).with_name("screening.json").read_text(encoding="utf-8"))
    questions = tuple(
        HealthQuestion(one["code"], one["zh"], one["en"], one["asks_day"])
        for one in data["questions"]
    )
    rules = tuple(
        Rule(
            one["question"],
            one["about"],
            Verdict(one["verdict"]),
            period(one["wait"]) if one["wait"] else None,
            one["zh"],
            one["en"],
            one["verified"],
        )
        for one in data["rules"]
    )
    return data["version"], questions, rules


def version() -> str:
    """Of the questions and rules."""
    return _data()[0]


def questions() -> tuple[HealthQuestion, ...]:
    """In the order in which they are asked."""
    return _data()[1]


def rules() -> tuple[Rule, ...]:
    """All that a yes can mean."""
    return _data()[2]


def is_fresh(answered_at: datetime, now: datetime) -> bool:
    """Whether answers of that moment still hold: for 24 hours."""
    return now - answered_at <= GOOD_FOR


def judge(answers: Mapping[str, Answer], vaccine: str, on: date) -> Outcome:
    """What the answers mean for this vaccine on that day. A vaccine nobody knows is for the nurse."""
    known = vaccines().get(vaccine)
    found: list[Rule] = []
    verdict, until = Verdict.GO, None
    for rule in rules():
        answer = answers.get(rule.question)
        if answer is None or not answer.yes or not (known is None or _is_about(rule, known)):
            continue
        first = rule.wait.after(answer.day) if rule.wait and answer.day else None
        if first and (first <= on or _is_same_day(rule, answer, on)):
            continue
        found.append(rule)
        if first and (until is None or first > until):
            until = first
        # A wait whose beginning nobody knows has no end that could be told.
        is_later = rule.verdict is Verdict.LATER and first
        verdict = Verdict.LATER if is_later or verdict is Verdict.LATER else Verdict.NURSE
    return Outcome(verdict, until, tuple(found))


def _is_same_day(rule: Rule, answer: Answer, on: date) -> bool:
    """Injected live vaccines may be given together on one day."""
    return rule.question == "live" and answer.day == on


def _is_about(rule: Rule, vaccine: Vaccine) -> bool:
    is_injected_live = vaccine.is_live and vaccine.route != "PO"
    return {
        "all": True,
        "live": vaccine.is_live,
        "live_injected": is_injected_live,
        "live_injected_but_bcg": is_injected_live and vaccine.code != "BCG",
    }[rule.about]


def worst(outcomes: Mapping[str, Outcome]) -> Verdict:
    """The gravest of them; go if there are none."""
    order = list(Verdict)
    return max(
        (outcome.verdict for outcome in outcomes.values()), key=order.index, default=Verdict.GO
    )
