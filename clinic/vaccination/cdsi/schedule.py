"""The CDC's supporting data as values: vaccine groups, antigens, series, target doses. Read once."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from clinic.vaccination.cdsi.dates import CdcPeriod, period

CONDITIONS = {("age", ""), ("interval", ""), ("count", "greater than"), ("count", "equal to")}
HERE = Path(__file__).with_name("supporting_data.json")


@dataclass(frozen=True, slots=True)
class Age:
    """When a target dose may, should and must be given; `since` and `until` say when the row was law."""

    absolute_minimum: CdcPeriod | None
    minimum: CdcPeriod | None
    recommended: CdcPeriod | None
    latest: CdcPeriod | None  # recommended
    maximum: CdcPeriod | None
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class Interval:
    """How long after the dose before, a target dose, or the latest of some vaccines."""

    from_target: int  # 0: none
    from_vaccines: frozenset[str]  # both empty: from the dose before
    overrides: bool  # other antigens of the group wait for none
    absolute_minimum: CdcPeriod | None
    minimum: CdcPeriod | None
    recommended: CdcPeriod | None
    latest: CdcPeriod | None
    since: date | None
    until: date | None


@dataclass(frozen=True, slots=True)
class PreferableVaccine:
    """A vaccine that may be given for a target dose, between two ages."""

    cvx: str
    begin: CdcPeriod | None
    end: CdcPeriod | None
    maker: str


@dataclass(frozen=True, slots=True)
class SkipCondition:
    """One condition under which a target dose is skipped."""

    kind: str  # age, interval, count
    begin_age: CdcPeriod | None
    end_age: CdcPeriod | None
    interval: CdcPeriod | None
    start: date | None
    end: date | None
    valid_only: bool
    count_logic: str
    count: int
    vaccines: frozenset[str]  # empty: any


@dataclass(frozen=True, slots=True)
class ConditionSet:
    """Conditions that hold all together, or one of which is enough."""

    any_will_do: bool
    conditions: Sequence[SkipCondition]
    since: date | None


@dataclass(frozen=True, slots=True)
class Skip:
    """A target dose is skipped if a set holds; `when` is Evaluation, Forecast or Both."""

    when: str
    sets: Sequence[ConditionSet]


@dataclass(frozen=True, slots=True)
class TargetDose:
    """A dose of a series."""

    ages: Sequence[Age]
    intervals: Sequence[Interval]
    allowable_intervals: Sequence[Interval]
    preferable: Sequence[PreferableVaccine]
    allowable: Sequence[PreferableVaccine]
    inadvertent: frozenset[str]
    skips: Sequence[Skip]
    season: tuple[date | None, date | None]
    recurring: bool


@dataclass(frozen=True, slots=True)
class Series:
    """One way to be protected from one disease."""

    name: str
    evaluation_only: bool
    genders: frozenset[str]
    group: str
    is_default: bool
    is_product: bool
    preference: int
    maximum_age_to_start: CdcPeriod | None
    doses: Sequence[TargetDose]


@dataclass(frozen=True, slots=True)
class Antigen:
    """A disease, its series, and before which birth date everybody is immune."""

    name: str
    immune_if_born_before: date | None
    series: Sequence[Series]


@dataclass(frozen=True, slots=True)
class LiveVaccineConflict:
    """From when until when after a live vaccine another does not count."""

    begin: CdcPeriod
    end_if_valid: CdcPeriod
    end: CdcPeriod


@dataclass(frozen=True, slots=True)
class Schedule:
    """All of it."""

    groups: Mapping[str, Sequence[str]]  # the antigens of a vaccine group
    given_together: frozenset[str]  # groups of which only the full vaccine is given
    vaccines: Mapping[str, Sequence[tuple[str, CdcPeriod | None, CdcPeriod | None]]]
    antigens: Mapping[str, Antigen]
    conflicts: Mapping[tuple[str, str], LiveVaccineConflict]  # by earlier and later vaccine


def _period(text: str | None) -> CdcPeriod | None:
    return period(text) if text else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _age(row: Mapping[str, Any]) -> Age:
    return Age(
        absolute_minimum=_period(row.get("absMinAge")),
        minimum=_period(row.get("minAge")),
        recommended=_period(row.get("earliestRecAge")),
        latest=_period(row.get("latestRecAge")),
        maximum=_period(row.get("maxAge")),
        since=_day(row.get("effectiveDate")),
        until=_day(row.get("cessationDate")),
    )


def _interval(row: Mapping[str, Any]) -> Interval:
    if not row.keys() & {"fromPrevious", "fromTargetDose", "fromMostRecent"}:
        raise ValueError(f"an interval from nothing: {row}")
    return Interval(
        from_target=row.get("fromTargetDose", 0),
        from_vaccines=frozenset(row.get("fromMostRecent", ())),
        overrides=row.get("override", False),
        absolute_minimum=_period(row.get("absMinInt")),
        minimum=_period(row.get("minInt")),
        recommended=_period(row.get("earliestRecInt")),
        latest=_period(row.get("latestRecInt")),
        since=_day(row.get("effectiveDate")),
        until=_day(row.get("cessationDate")),
    )


def _vaccine(cvx: str, begin: str = "", end: str = "", maker: str = "") -> PreferableVaccine:
    return PreferableVaccine(cvx, _period(begin), _period(end), maker)


def _condition(row: Mapping[str, Any]) -> SkipCondition:
    kind = "count" if row["type"].startswith("vaccine count") else row["type"]
    logic = row.get("doseCountLogic", "")
    if (kind, logic) not in CONDITIONS:
        raise ValueError(f"unknown condition: {row}")
    return SkipCondition(
        kind=kind,
        begin_age=_period(row.get("beginAge")),
        end_age=_period(row.get("endAge")),
        interval=_period(row.get("interval")),
        start=_day(row.get("startDate")),
        end=_day(row.get("endDate")),
        valid_only=row.get("doseType") == "valid",
        count_logic=logic,
        count=row.get("doseCount", 0),
        vaccines=frozenset(row.get("vaccineTypes", ())),
    )


def _skip(row: Mapping[str, Any]) -> Skip:
    if row["logic"] not in ("OR", "n/a"):
        raise ValueError(f"unknown logic of sets: {row['logic']!r}")
    sets = [
        ConditionSet(
            one.get("logic") == "OR",
            [_condition(each) for each in one["conditions"]],
            _day(one.get("effectiveDate")),
        )
        for one in row["sets"]
    ]
    return Skip(row["context"], sets)


def _target(row: Mapping[str, Any]) -> TargetDose:
    begin, end = row.get("season", ("", ""))
    return TargetDose(
        [_age(one) for one in row.get("age", ())],
        [_interval(one) for one in row.get("interval", ())],
        [_interval(one) for one in row.get("allowableInterval", ())],
        [_vaccine(*one) for one in row.get("preferable", ())],
        [_vaccine(*one) for one in row.get("allowable", ())],
        frozenset(row.get("inadvertent", ())),
        [_skip(one) for one in row.get("skip", ())],
        (_day(begin), _day(end)),
        row.get("recurring", False),
    )


def _series(row: Mapping[str, Any]) -> Series:
    return Series(
        row["name"],
        row["type"] == "Evaluation Only",
        frozenset(row.get("genders", ())),
        row["group"],
        row.get("default", False),
        row.get("product", False),
        row.get("preference", 0),
        _period(row.get("maxAgeToStart")),
        [_target(one) for one in row["doses"]],
    )


def schedule_of(data: Mapping[str, Any]) -> Schedule:
    """The schedule that a file of `convert` says. ValueError or KeyError if it says none."""
    return Schedule(
        {code: tuple(row["antigens"]) for code, row in data["groups"].items()},
        frozenset(code for code, row in data["groups"].items() if row["full"]),
        {
            cvx: [(name, _period(begin), _period(end)) for name, begin, end in rows]
            for cvx, rows in data["vaccines"].items()
        },
        {
            name: Antigen(
                name, _day(row["immuneIfBornBefore"]), [_series(one) for one in row["series"]]
            )
            for name, row in data["antigens"].items()
        },
        {
            (earlier, later): LiveVaccineConflict(period(begin), period(if_valid), period(end))
            for earlier, later, begin, if_valid, end in data["conflicts"]
        },
    )


@cache
def cdc() -> Schedule:
    """The CDC's schedule."""
    return schedule_of(json.loads(HERE.read_text(encoding="utf-8")))
