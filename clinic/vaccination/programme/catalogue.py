"""The vaccines that a record can name."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class Vaccine:
    """A vaccine. `doses` are the usual ages (ISO 8601, from birth) by dose number; `max_age` is exclusive.

    `sex` is `F` where only girls are given it.
    """

    code: str
    name_zh: str
    name_en: str
    is_live: bool
    route: str
    site: str
    min_age: str
    max_age: str | None
    is_programme: bool
    is_for_everyone: bool
    sex: str | None
    doses: dict[int, str]


@cache
def vaccines() -> dict[str, Vaccine]:
    """Every vaccine by its code; source and version stand in the data file."""
    data = json.loads(Path(__file__).with_name("vaccines.json").read_text(encoding="utf-8"))
    return {
        one["code"]: Vaccine(
            code=one["code"],
            name_zh=one["name_zh"],
            name_en=one["name_en"],
            is_live=one["live"],
            route=one["route"],
            site=one["site"],
            min_age=one["min_age"],
            max_age=one["max_age"],
            is_programme=one["programme"],
            is_for_everyone=one["everyone"],
            sex=one["sex"],
            doses={dose["number"]: dose["age"] for dose in one["doses"]},
        )
        for one in data["vaccines"]
    }
