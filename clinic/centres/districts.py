"""Hangzhou's districts with approximate coordinates, for "nearest first" without a location."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path


@dataclass(frozen=True)
class District:
    """A district and roughly where its middle is."""

    name_zh: str
    name_en: str
    latitude: float
    longitude: float


@cache
def all_districts() -> tuple[District, ...]:
    """Every district, in the order of the file."""
    rows = json.loads(Path(__file__).with_suffix(".json").read_text("utf-8"))["districts"]
    return tuple(District(r["zh"], r["en"], r["latitude"], r["longitude"]) for r in rows)


def find_district(name_zh: str | None) -> District | None:
    """The district of that Chinese name."""
    return next((district for district in all_districts() if district.name_zh == name_zh), None)
