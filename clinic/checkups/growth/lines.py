"""Percentile and SD lines of a standard, what a number means against them, and a crossing of them. Pure.

WS/T 423-2022 has percentiles in its A tables and SD in its B tables; WHO's lines follow from
L, M and S. An SD score between two columns of the national table is linear, which is ours; beyond
its outermost columns there is none. What counts as a crossing is an operating choice.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from statistics import NormalDist

from clinic.checkups.growth import who
from clinic.checkups.growth.between import DAYS_PER_MONTH, between
from clinic.checkups.growth.china import TABLES, data, row

PERCENTILES = (3, 10, 25, 50, 75, 90, 97)
Z_OF = tuple(NormalDist().inv_cdf(percentile / 100) for percentile in PERCENTILES)
SDS = (-3, -2, -1, 0, 1, 2, 3)
BY_LENGTH = {"weight_for_length": "wfl", "weight_for_height": "wfh"}  # their x is cm
BY_AGE = {  # WHO's name of the table, and whether the standard of 2007 has it
    "weight_for_age": ("wfa", True),
    "length_height_for_age": ("lfa", True),
    "bmi_for_age": ("bmifa", True),
    "head_circumference_for_age": ("hcfa", False),
}
STEP = 3  # months between drawn rows of WHO's lines from two years on
ADULT_MONTHS = 228.0
TARGET_PM_CM, SEX_CM = 8.5, 13  # Tanner 1970
MAIN_LINES_CROSSED = 2
WITHIN_MONTHS = 12.0


class Standard(StrEnum):
    """By which a child is drawn and read."""

    NATIONAL = "national"  # WS/T 423-2022
    WHO = "who"


@dataclass(frozen=True)
class Reading:
    """Where a number lies: between which percentiles (None: beyond the last), and its SD score.

    `beyond` says on which side of the outermost SD it lies (-3 or 3), if it does; the national
    standard has no score there, and `z` is None.
    """

    above: int | None
    below: int | None
    z: float | None
    beyond: int | None = None

    @property
    def lines_below(self) -> int:
        """How many of the seven main lines lie at or under it."""
        return 0 if self.above is None else PERCENTILES.index(self.above) + 1


@dataclass(frozen=True)
class Crossing:
    """Main percentile lines between two measurements; `lines` is negative downward."""

    since: float
    until: float
    lines: int


def xs(standard: Standard, metric: str, sex: str) -> list[float]:
    """Where its rows are drawn: months, or cm for weight by length or height."""
    if standard is Standard.NATIONAL:
        return [float(row[0]) for row in _national(metric, sex, "A")]
    if name := BY_LENGTH.get(metric):
        first, *_, last = who.table(f"by_day.{name}", sex)[0]
        return [float(cm) for cm in range(int(first), int(last) + 1)]
    name, goes_on = BY_AGE[metric]
    months = [float(month) for month in range(24)] + [float(month) for month in range(24, 61, STEP)]
    if goes_on:
        last = who.table(f"by_month.{name}", sex)[0][-1]
        months += [float(month) for month in range(63, int(last) + 1, STEP)]
    return months


def _national(metric: str, sex: str, kind: str) -> list[list[float]]:
    number = TABLES[metric] + (sex == "F")
    rows: list[list[float]] = data("wst423_2022")["tables"][f"{kind}.{number}"]["rows"]
    return rows


def percentiles_at(standard: Standard, metric: str, sex: str, x: float) -> list[float] | None:
    """P3 P10 P25 P50 P75 P90 P97 at x (months, or cm), in kg, cm or kg/m2; None outside."""
    if standard is Standard.NATIONAL:
        return row(metric, sex, x, kind="A")
    lms = _lms(metric, sex, x)
    return lms and [who.value_at(z, *lms) for z in Z_OF]


def deviations_at(standard: Standard, metric: str, sex: str, x: float) -> list[float] | None:
    """-3 SD to +3 SD at x, as above; None outside."""
    if standard is Standard.NATIONAL:
        return row(metric, sex, x)
    lms = _lms(metric, sex, x)
    return lms and [who.value_at(float(z), *lms) for z in SDS]


def _lms(metric: str, sex: str, x: float) -> list[float] | None:
    """WHO's L, M, S: of 2006 to five years, of 2007 from 61 months on."""
    if name := BY_LENGTH.get(metric):
        return between(*who.table(f"by_day.{name}", sex), x)
    name, goes_on = BY_AGE[metric]
    found = between(*who.table(f"by_day.{name}", sex), x * DAYS_PER_MONTH)
    if found is None and goes_on:
        found = between(*who.table(f"by_month.{name}", sex), x)
    return found


def read(standard: Standard, metric: str, sex: str, x: float, value: float) -> Reading | None:
    """Where a value (kg, cm, kg/m2) lies at x; None where the standard says nothing."""
    lines = percentiles_at(standard, metric, sex, x)
    edges = deviations_at(standard, metric, sex, x)
    if lines is None or edges is None:
        return None
    at_or_under = sum(value >= line for line in lines)
    return Reading(
        above=PERCENTILES[at_or_under - 1] if at_or_under else None,
        below=PERCENTILES[at_or_under] if at_or_under < len(PERCENTILES) else None,
        z=score(standard, metric, sex, x, value),
        beyond=-3 if value < edges[0] else 3 if value > edges[-1] else None,
    )


def score(standard: Standard, metric: str, sex: str, x: float, value: float) -> float | None:
    """SD score: WHO's own; national linear between whole SD, None beyond 3; None outside."""
    if standard is Standard.WHO:
        if name := BY_LENGTH.get(metric):
            return who.z_score(f"by_day.{name}", sex, x, value)
        name, goes_on = BY_AGE[metric]
        found = who.z_score(f"by_day.{name}", sex, x * DAYS_PER_MONTH, value)
        if found is None and goes_on:
            found = who.z_score(f"by_month.{name}", sex, x, value)
        return found
    edges = row(metric, sex, x)
    found_row = edges and between(edges, [[float(z)] for z in SDS], value)
    return round(found_row[0], 2) + 0.0 if found_row else None


def value_of(metric: str, sex: str, x: float, z: float) -> float | None:
    """The value with that SD score in the national table, linear; None beyond 3 SD or the table."""
    edges = row(metric, sex, x)
    found = edges and between([float(sds) for sds in SDS], [[edge] for edge in edges], z)
    return found[0] if found else None


def crossing(readings: Sequence[tuple[float, Reading | None]]) -> Crossing | None:
    """The latest of (months, reading) against the year before: two main lines crossed, or more.

    The largest fall or rise counts; None if fewer lines were crossed. For the clinician: a child
    may cross lines in its first months and be well.
    """
    known = sorted(((at, one) for at, one in readings if one), key=lambda pair: pair[0])
    if len(known) < 2:
        return None
    until, last = known[-1]
    moved = [
        Crossing(since, until, last.lines_below - one.lines_below)
        for since, one in known[:-1]
        if until - since <= WITHIN_MONTHS
    ]
    widest = max(moved, key=lambda one: abs(one.lines), default=None)
    return widest if widest and abs(widest.lines) >= MAIN_LINES_CROSSED else None


def target_range(sex: str, mother_cm: float, father_cm: float) -> tuple[float, float]:
    """Adult height to expect from the parents' heights, cm: Tanner 1970, the middle and 8.5 cm."""
    middle = (mother_cm + father_cm + (SEX_CM if sex == "M" else -SEX_CM)) / 2
    return middle - TARGET_PM_CM, middle + TARGET_PM_CM


def channel(sex: str, low_cm: float, high_cm: float, months: float) -> tuple[float, float] | None:
    """Heights at that age with WHO's SD scores that these have at 19 years; None where none is."""
    metric = "length_height_for_age"
    here = _lms(metric, sex, months)
    scores = [
        score(Standard.WHO, metric, sex, ADULT_MONTHS, height) for height in (low_cm, high_cm)
    ]
    if here is None or None in scores:
        return None
    low, high = (who.value_at(z, *here) for z in scores if z is not None)
    return low, high
