"""What the clinician's page asks at each check: only the items due at that age. Pure.

Which items: `schedule.json`. How they are named, what can be found, and the texts of advice:
`items.json` (unverified wording, said there).
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from clinic.amounts import Kind
from clinic.checkups.due.next_check import HB
from clinic.checkups.due.questions import in_range, signs
from clinic.checkups.due.schedule import CheckAge
from clinic.questionnaires.files import options_of
from clinic.questionnaires.questionnaire import Option

FILE = Path(__file__).with_name("items.json")
AMOUNTS = {  # the schedule's item: what is measured
    "weight": Kind.WEIGHT,
    "length": Kind.LENGTH,
    "height": Kind.LENGTH,
    "head_circumference": Kind.HEAD,
    HB: Kind.HAEMOGLOBIN,
    "temperature": Kind.TEMPERATURE,
}
ALWAYS = "sleep_play"  # advice that belongs to every check
ACUITY = ("acuity-right", "acuity-left")


@dataclass(frozen=True)
class Finding:
    """Something that is looked at; `code` is the schedule's item."""

    code: str
    group: str
    name_zh: str
    name_en: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class FindingGroup:
    """Findings under one heading."""

    code: str
    name_zh: str
    name_en: str


@dataclass(frozen=True)
class Topic:
    """What is talked about with the family; `code` is the schedule's item."""

    code: str
    name_zh: str
    name_en: str
    text_zh: str
    text_en: str


@dataclass(frozen=True)
class CheckSheet:
    """Everything that one check asks."""

    check_age: CheckAge
    amounts: tuple[Kind, ...]
    findings: tuple[Finding, ...]
    acuity: bool
    advice: tuple[Topic, ...]
    hepb_may_be_given: bool

    @property
    def required(self) -> tuple[str, ...]:
        """The fields without which the check is not whole."""
        return (
            *(amount.value for amount in self.amounts),
            *(sign.code for sign in signs(self.check_age)),
            *(finding.code for finding in self.findings),
            *(ACUITY if self.acuity else ()),
        )

    @property
    def fields(self) -> tuple[str, ...]:
        """All fields that are kept with the check."""
        how = ("how",) if Kind.LENGTH in self.amounts else ()
        notes = tuple(f"{finding.code}-note" for finding in self.findings)
        talk = tuple(topic.code for topic in self.advice)
        return (*self.required, *how, *notes, *talk, "referral", "note")


@cache
def data() -> dict[str, Any]:
    """The file."""
    found: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return found


@cache
def groups() -> tuple[FindingGroup, ...]:
    """The headings, in their order."""
    return tuple(
        FindingGroup(group["code"], group["zh"], group["en"]) for group in data()["groups"]
    )


@cache
def findings() -> tuple[Finding, ...]:
    """Everything that any check looks at."""
    options = {name: options_of(raw) for name, raw in data()["options"].items()}
    return tuple(
        Finding(raw["item"], raw["group"], raw["zh"], raw["en"], options[raw["options"]])
        for raw in data()["findings"]
    )


def advice(check_age: CheckAge) -> tuple[Topic, ...]:
    """The texts for that age, and its TCM guidance."""
    found = [
        Topic(topic["item"], topic["name_zh"], topic["name_en"], text["zh"], text["en"])
        for topic in data()["advice"]
        if topic["item"] in (*check_age.items, ALWAYS)
        for text in topic["texts"]
        if in_range(check_age, text["from"], text["to"])
    ]
    if check_age.tcm:
        text = data()["tcm"][check_age.tcm]
        found.append(
            Topic("tcm", f"中医药健康指导：{check_age.tcm}", "TCM guidance", text["zh"], text["en"])
        )
    return tuple(found)


def sheet(check_age: CheckAge, items: Collection[str]) -> CheckSheet:
    """What that check asks; `items`: those of the schedule that are due (haemoglobin may not be)."""
    return CheckSheet(
        check_age=check_age,
        amounts=tuple(
            AMOUNTS[item] for item in check_age.items if item in AMOUNTS and item in items
        ),
        findings=tuple(finding for finding in findings() if finding.code in items),
        acuity="visual_acuity" in items,
        advice=advice(check_age),
        hepb_may_be_given=any(item.startswith("HepB") for item in items),
    )


def in_english(word: str) -> str:
    """The growth standard's word in English."""
    english: str = data()["words"][word]
    return english
