"""The thirteen health checks as data: `schedule.json`, with its sources. Read once, when first asked."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("schedule.json")
STARTS = {"discharge_days", "days", "months"}
ENDS = {"discharge_days", "days", "before_months"}


@dataclass(frozen=True)
class CheckAge:
    """One of the checks; `start` and `end` are (unit, number), as in `next_check.window`."""

    id: str
    name_zh: str
    name_en: str
    start: tuple[str, int]
    end: tuple[str, int]
    items: tuple[str, ...]
    tcm: str | None
    eye_exam: int
    warning_signs: tuple[str, ...]


def moment(raw: dict[str, int], allowed: set[str], where: str) -> tuple[str, int]:
    """One (unit, number). ValueError if it is anything else."""
    ((unit, number),) = raw.items()
    if unit not in allowed or number < 0:
        raise ValueError(f"{where}: {unit} {number} is not a moment")
    return unit, number


def check_age_of(raw: dict[str, Any]) -> CheckAge:
    """A visit as the file writes it. ValueError, KeyError if it is not whole."""
    signs = tuple(raw["warning_signs"])
    if len(signs) not in (0, 4) or not raw["items"]:
        raise ValueError(f"{raw['id']}: a screen has four warning signs, a visit has items")
    return CheckAge(
        id=raw["id"],
        name_zh=raw["name_zh"],
        name_en=raw["name_en"],
        start=moment(raw["from"], STARTS, raw["id"]),
        end=moment(raw["to"], ENDS, raw["id"]),
        items=tuple(raw["items"]),
        tcm=raw["tcm"],
        eye_exam=raw["eye_exam"],
        warning_signs=signs,
    )


@cache
def check_ages() -> tuple[CheckAge, ...]:
    """All checks, by age. ValueError if the file is not the national schedule."""
    found = tuple(check_age_of(raw) for raw in json.loads(FILE.read_text("utf-8"))["visits"])
    if len({check_age.id for check_age in found}) != 13 or len(found) != 13:
        raise ValueError("there are thirteen checks")
    if [check_age.eye_exam for check_age in found] != list(range(1, 14)):
        raise ValueError("every check has its eye check")
    return found
