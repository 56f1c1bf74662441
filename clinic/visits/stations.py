"""The stations that a child passes, as data: `stations.json`. Pure."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("stations.json")


@dataclass(frozen=True)
class Station:
    """A place where a child is seen. `minutes` is None where the booked slot says how long."""

    code: str
    name_zh: str
    name_en: str
    minutes: int | None
    staff: frozenset[str]  # the roles that serve here
    by_room: bool = False  # a ticket waits for its own room, not for whoever is free
    watches: bool = False  # nobody is called: the child sits down and is watched for the minutes


@dataclass(frozen=True)
class Pathway:
    """The letter of a kind of service, and the stations in their order."""

    letter: str
    path: tuple[str, ...]


@cache
def stations() -> dict[str, Station]:
    """All stations by code."""
    return {
        code: Station(
            code,
            row["zh"],
            row["en"],
            row["minutes"],
            frozenset(row["staff"]),
            row.get("by_room", False),
            row.get("watches", False),
        )
        for code, row in _data()["stations"].items()
    }


@cache
def kinds() -> dict[str, Pathway]:
    """What a kind of service has of letters and stations."""
    return {
        code: Pathway(row["letter"], tuple(row["path"])) for code, row in _data()["kinds"].items()
    }


@cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = json.loads(FILE.read_text("utf-8"))
    return data
