"""What a check found, in words for its report. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from clinic.checkups.due.items import (
    ACUITY,
    Topic,
    advice,
    findings,
)
from clinic.checkups.due.questions import signs
from clinic.checkups.due.schedule import CheckAge
from clinic.checkups.spine.suggestions import signs_seen
from clinic.questionnaires.questionnaire import Question

ABNORMAL = "abnormal"


@dataclass(frozen=True)
class Found:
    """One thing that was looked at; `note` is the clinician's own words."""

    name_zh: str
    name_en: str
    value_zh: str
    value_en: str
    note: str
    is_unusual: bool


@dataclass(frozen=True)
class Findings:
    """Everything that was found; `asked`: the screen was answered, `referral`: agreed, declined or none."""

    found: Sequence[Found]
    sight: Sequence[tuple[str, str]]  # right, left
    asked: bool
    seen: Sequence[Question]
    referral: str
    advice: Sequence[Topic]


def findings_of(check_age: CheckAge, found: Mapping[str, str]) -> Findings:
    """A check's findings (code: value, as they are kept) and the advice for its age."""
    screen = signs(check_age)
    seen = signs_seen(found)
    return Findings(
        found=[
            Found(
                finding.name_zh,
                finding.name_en,
                option.name_zh,
                option.name_en,
                found.get(f"{finding.code}-note", ""),
                option.value == ABNORMAL,
            )
            for finding in findings()
            for option in finding.options
            if found.get(finding.code) == option.value
        ],
        sight=[(code, found[code]) for code in ACUITY if code in found],
        asked=any(question.code in found for question in screen),
        seen=[question for question in screen if question.code in seen],
        referral=found.get("referral", ""),
        advice=advice(check_age),
    )
