"""The questions about health before a vaccination, and what the answers mean for each vaccine. Pure.

Questions and rules are data (`health_questions/`, with source, version and what is unverified). A
rule is `about` some vaccines; its `wait` is counted from the day that was answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from pathlib import Path

from clinic.questionnaires.answers import Answer
from clinic.questionnaires.files import read_versions
from clinic.questionnaires.questionnaire import Questionnaire, Rule, Versions
from clinic.vaccination.programme.catalogue import Vaccine, vaccines
from clinic.vaccination.programme.national import period

GOOD_FOR = timedelta(hours=24)  # after that the questions are asked again


class Verdict(StrEnum):
    """What the answers come to, the mildest first: the consequences of the data."""

    GO = "go"
    NURSE = "nurse"
    LATER = "later"


@dataclass(frozen=True)
class Outcome:
    """For one vaccine: the verdict, the first day that is possible if it is later, and the rules."""

    verdict: Verdict = Verdict.GO
    until: date | None = None
    rules: tuple[Rule, ...] = ()


@cache
def versions() -> Versions:
    """All versions of the questions."""
    return read_versions(Path(__file__).with_name("health_questions"))


def judge(asked: Questionnaire, answers: Mapping[str, Answer], vaccine: str, on: date) -> Outcome:
    """What the answers mean for this vaccine on that day. A vaccine nobody knows is for the nurse."""
    known = vaccines().get(vaccine)
    found: list[Rule] = []
    verdict, until = Verdict.GO, None
    for rule in asked.counting(answers):
        if known and not _is_about(rule, known):
            continue
        day = answers[rule.question].day
        first = period(rule.more["wait"]).after(day) if "wait" in rule.more and day else None
        if first and (first <= on or _is_same_day(rule, day, on)):
            continue
        found.append(rule)
        if first and (until is None or first > until):
            until = first
        # A wait whose beginning nobody knows has no end that could be told.
        is_later = rule.consequence == Verdict.LATER and first
        verdict = Verdict.LATER if is_later or verdict is Verdict.LATER else Verdict.NURSE
    return Outcome(verdict, until, tuple(found))


def _is_same_day(rule: Rule, day: date | None, on: date) -> bool:
    """Injected live vaccines may be given together on one day."""
    return rule.question == "live" and day == on


def _is_about(rule: Rule, vaccine: Vaccine) -> bool:
    is_injected_live = vaccine.is_live and vaccine.route != "PO"
    return {
        "all": True,
        "live": vaccine.is_live,
        "live_injected": is_injected_live,
        "live_injected_but_bcg": is_injected_live and vaccine.code != "BCG",
    }[rule.more["about"]]
