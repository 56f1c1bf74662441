"""The national programme as data: vaccines, series, doses, ages. Loaded once, checked when loaded."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from clinic.ages import add_months

HERE = Path(__file__).parent / "programmes"
PERIOD = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


@dataclass(frozen=True)
class Period:
    """An age or an interval: calendar months (clamped at month ends) and days."""

    months: int = 0
    days: int = 0

    def after(self, day: date) -> date:
        """The day so long after that day."""
        return add_months(day, self.months) + timedelta(days=self.days)


def period(text: str) -> Period:
    """`P13Y6M`, `P28D`, `P4W` (ISO 8601). ValueError for anything else."""
    found = PERIOD.fullmatch(text)
    if found is None or text == "P":
        raise ValueError(f"not a period: {text!r}")
    years, months, weeks, days = (int(group or 0) for group in found.groups())
    return Period(12 * years + months, 7 * weeks + days)


@dataclass(frozen=True)
class ProgrammeVaccine:
    """A kind of vaccine. `live_injected` ones keep 28 days from each other."""

    code: str
    name_zh: str
    name_en: str
    antigens: frozenset[str]
    live_injected: bool
    programme: bool  # free, and given to every child


@dataclass(frozen=True)
class SeriesDose:
    """One row of the schedule: from which age, before which age, how long after the dose before."""

    number: int
    vaccine: str
    min_age: Period
    complete_before: Period | None
    after_previous: Period | None
    is_verified: bool


@dataclass(frozen=True)
class Programme:
    """A whole programme. `series` has variants under names like `JE/JE-I`."""

    version: str
    vaccines: Mapping[str, ProgrammeVaccine]
    names: Mapping[str, Mapping[str, str]]  # of the series, by language
    series: Mapping[str, Sequence[SeriesDose]]
    live_gap: Period
    immunoglobulin_gap: Period
    ends_at_age: Period

    def dose(self, series: str, number: int) -> SeriesDose:
        """The row of that number."""
        return next(
            series_dose for series_dose in self.series[series] if series_dose.number == number
        )

    def with_antigen(self, *antigens: str) -> frozenset[str]:
        """The vaccines that hold all of these antigens."""
        return frozenset(
            code for code, one in self.vaccines.items() if one.antigens.issuperset(antigens)
        )


def _vaccine(code: str, row: Mapping[str, Any]) -> ProgrammeVaccine:
    antigens = frozenset(row["antigens"])
    return ProgrammeVaccine(
        code, row["zh"], row["en"], antigens, row["live_injected"], row["programme"]
    )


def _dose(row: Mapping[str, Any]) -> SeriesDose:
    def maybe(text: str | None) -> Period | None:
        return period(text) if text else None

    return SeriesDose(
        row["number"],
        row["vaccine"],
        period(row["min_age"]),
        maybe(row["complete_before"]),
        maybe(row["after_previous"]),
        row["confidence"] == "high",
    )


def read(path: Path) -> Programme:
    """The programme of that file. ValueError if it contradicts itself."""
    data = json.loads(path.read_text(encoding="utf-8"))
    programme = Programme(
        data["version"],
        {code: _vaccine(code, row) for code, row in data["vaccines"].items()},
        data["names"],
        {code: [_dose(row) for row in rows] for code, rows in data["series"].items()},
        period(data["live_gap"]),
        period(data["immunoglobulin_gap"]),
        period(data["ends_at_age"]),
    )
    for code, doses in programme.series.items():
        numbers = [dose.number for dose in doses]
        if numbers != sorted(set(numbers)):
            raise ValueError(f"{code}: doses are not in order")
        if strange := {dose.vaccine for dose in doses} - set(programme.vaccines):
            raise ValueError(f"{code}: unknown vaccines {sorted(strange)}")
    return programme


@cache
def national() -> Programme:
    """China's programme, edition 2026."""
    return read(HERE / "china_2026.json")
