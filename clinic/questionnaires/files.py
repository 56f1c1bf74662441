"""Questionnaires as data: their files are read and checked here. Pure.

A file is one version of a questionnaire, in JSON:

- `code` and `version`; `source` and `note` for people who read the file.
- `consequences`: what answers can come to, the mildest first.
- `questions`, in the order in which they are asked: `code`, `zh`, `en`; one of `options` (each with
  `value`, `zh`, `en`; or the name of a list in `option_sets`) or `number` (`least`, `most`, both
  allowed, `unit`), else it is answered yes or no (with `unsure`: or "not sure"). `asks_day`: a yes
  asks for its day. `optional`: may stay open.
  `group`: what is asked together. `stage`: on which of several pages; so far every room has one
  page and asks all stages on it. Whom it is for (`Questionnaire.asked_of`): `age_from` and `age_to`
  (`months`, `days`; completed, the second not included), `sex` ("female" or "male"), `asked_by`:
  "staff" only.
- `rules`: `question`; `when`, a list of values (else yes) or the bounds of a number (`least`, `most`
  included, `above`, `below` not); `consequence`; `zh`, `en`.

Both may say `verified`, and more that only the room understands: it is in `more`.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from clinic.questionnaires.answers import YES
from clinic.questionnaires.questionnaire import (
    BOUNDS,
    STAFF,
    UNSURE,
    YES_NO,
    Number,
    Option,
    Question,
    Questionnaire,
    Rule,
    Versions,
    Whom,
)


class BadData(ValueError):
    """A file that does not add up; the text says what, for its author."""


Raw = dict[str, Any]


def read_versions(folder: Path, of: Callable[[Raw], Raw] = lambda raw: raw) -> Versions:
    """Every file of the folder is a version; `of` may take from it what is asked. BadData."""
    files = sorted(folder.glob("*.json"))
    found = [read(of(json.loads(file.read_text("utf-8")))) for file in files]
    found.sort(key=lambda questionnaire: questionnaire.version)
    if len({questionnaire.version for questionnaire in found}) < len(found) or not found:
        raise BadData(f"{folder}: no version, or one twice")
    if len({questionnaire.code for questionnaire in found}) > 1:
        raise BadData(f"{folder}: more than one questionnaire")
    return Versions(tuple(found))


def read(raw: Mapping[str, Any]) -> Questionnaire:
    """One version from its file. BadData."""
    name = f"{raw.get('code')} {raw.get('version')}"
    try:
        sets = raw.get("option_sets", {})
        questions = tuple(_question(each, sets) for each in raw["questions"])
        rules = tuple(_rule(each) for each in raw.get("rules", ()))
        consequences = tuple(raw.get("consequences", ()))
        found = Questionnaire(raw["code"], raw["version"], questions, rules, consequences)
    except (KeyError, ValueError, TypeError, ArithmeticError) as error:
        raise BadData(f"{name}: {error!r}") from error
    codes = [question.code for question in questions]
    if len(set(codes)) < len(codes):
        raise BadData(f"{name}: a question twice")
    for rule in rules:
        _check(name, rule, found)
    return found


def _check(name: str, rule: Rule, found: Questionnaire) -> None:
    """A rule is about a question, its answers can be given, and its consequence is known."""
    question = found.question(rule.question)
    if question is None:
        raise BadData(f"{name}: a rule about {rule.question!r}, which is not asked")
    if rule.consequence not in found.consequences:
        raise BadData(f"{name}: {rule.consequence!r} is no consequence")
    if bool(question.number) != bool(rule.bounds):
        raise BadData(f"{name}: {rule.question!r} is a number, or is none")
    if not rule.bounds and not all(map(question.option, rule.values)):
        raise BadData(f"{name}: {rule.question!r} has no such answer")


OF_QUESTION = frozenset(
    [
        "code",
        "zh",
        "en",
        "options",
        "number",
        "unsure",
        "asks_day",
        "optional",
        "group",
        "stage",
        "age_from",
        "age_to",
        "sex",
        "asked_by",
    ]
)
OF_RULE = frozenset(["question", "when", "consequence", "zh", "en", "verified"])


def _question(raw: Mapping[str, Any], sets: Mapping[str, Any]) -> Question:
    number, options = raw.get("number"), raw.get("options")
    if isinstance(options, str):
        options = sets[options]
    those = options_of(options) if options else YES_NO
    return Question(
        raw["code"],
        raw["zh"],
        raw["en"],
        options=() if number else (*those, *((UNSURE,) if raw.get("unsure") else ())),
        number=_number(number) if number else None,
        asks_day=raw.get("asks_day", False),
        is_optional=raw.get("optional", False),
        group=raw.get("group", ""),
        stage=raw.get("stage", 1),
        whom=_whom(raw),
        asked_by=_one_of((STAFF,), raw.get("asked_by", "")),
        more=_rest(raw, OF_QUESTION),
    )


def options_of(raw: Sequence[Mapping[str, str]]) -> tuple[Option, ...]:
    """As the files write them."""
    return tuple(Option(option["value"], option["zh"], option["en"]) for option in raw)


def _number(raw: Mapping[str, Any]) -> Number:
    return Number(raw.get("unit", ""), Decimal(str(raw["least"])), Decimal(str(raw["most"])))


def _whom(raw: Mapping[str, Any]) -> Whom:
    ages = {
        name: (raw[name]["months"], raw[name]["days"])
        for name in ("age_from", "age_to")
        if raw.get(name)
    }
    return Whom(**ages, sex=_one_of(("female", "male"), raw.get("sex", "")))


def _one_of(words: Sequence[str], word: str) -> str:
    if word and word not in words:
        raise BadData(f"{word!r} is none of {', '.join(words)}")
    return word


def _rule(raw: Mapping[str, Any]) -> Rule:
    when = raw.get("when", [YES])
    is_number = isinstance(when, Mapping)
    if is_number and not set(when) <= set(BOUNDS):
        raise BadData(f"{raw['question']}: bounds are {', '.join(BOUNDS)}")
    return Rule(
        raw["question"],
        raw["consequence"],
        raw["zh"],
        raw["en"],
        values=frozenset() if is_number else frozenset(when),
        bounds={name: Decimal(str(bound)) for name, bound in when.items()} if is_number else {},
        is_verified=raw.get("verified", False),
        more=_rest(raw, OF_RULE),
    )


def _rest(raw: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in raw.items() if name not in known}
