"""The national standards: WS/T 423-2022 under 7 years, WS/T 586-2018 from 6 to 18 years. Pure.

The tables and the words are the standards' own; linear interpolation between rows is ours.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

from clinic.checkups.growth.between import STANDING_FROM_MONTHS, as_measured, between

HERE = Path(__file__).parent
TABLES = {  # metric: number of the boys' table; the girls' is the next one
    "weight_for_age": 1,
    "length_height_for_age": 3,
    "weight_for_length": 5,
    "weight_for_height": 7,
    "bmi_for_age": 9,
    "head_circumference_for_age": 11,
}
METRICS = {*TABLES, "weight_for_length_height"}
GRADES = {  # which of the seven columns is the lower edge of each grade
    "B": ((5, "上"), (4, "中上"), (2, "中"), (1, "中下")),
    "A": ((6, "上"), (4, "中上"), (2, "中"), (0, "中下")),
}
LOW = {
    "weight_for_age": "低体重",
    "length_height_for_age": "生长迟缓",
    "weight_for_length": "消瘦",
    "weight_for_height": "消瘦",
    "bmi_for_age": "消瘦",
}
HIGH = ((6, "重度肥胖"), (5, "肥胖"), (4, "超重"))
FAT = {"weight_for_length", "weight_for_height", "bmi_for_age"}


@cache
def data(name: str) -> dict[str, Any]:
    """A standard's file, with its source and version."""
    found: dict[str, Any] = json.loads((HERE / f"{name}.json").read_text("utf-8"))
    return found


def row(metric: str, sex: str, x: float, *, kind: str = "B") -> list[float] | None:
    """Seven values at x (months, or cm): -3SD..+3SD (kind B) or P3..P97 (kind A); None outside."""
    number = TABLES[metric] + (sex == "F")
    rows = data("wst423_2022")["tables"][f"{kind}.{number}"]["rows"]
    return between([row[0] for row in rows], [row[1:] for row in rows], x)


def grade(value: float, edges: list[float], *, kind: str = "B") -> str:
    """One of the five grades 上 中上 中 中下 下 (tables 1 and 2 of the standard)."""
    return next((word for column, word in GRADES[kind] if value >= edges[column]), "下")


def nutrition(metric: str, value: float, edges: list[float]) -> str | None:
    """The standard's word (table 3), None where it has none; edges are -3SD..+3SD."""
    if metric in FAT:
        for column, word in HIGH:
            if value >= edges[column]:
                return word
    if metric not in LOW or value >= edges[1]:
        return None
    return LOW[metric] if value >= edges[0] else f"重度{LOW[metric]}"


def assess(
    metric: str,
    sex: str,
    value: float,
    *,
    age_months: float | None,
    height_cm: float | None = None,
    measured: str | None = None,
    kind: str = "B",
) -> tuple[str | None, str | None]:
    """(nutrition, grade) by WS/T 423-2022; value in kg, cm or kg/m2; (None, None) outside it.

    Weight for length needs `height_cm`. Length below 24 months, height from then on; a child
    measured the other way is corrected by 0.7 cm (`measured`: "lying", "standing" or None).
    """
    standing = measured == "standing" if age_months is None else age_months >= STANDING_FROM_MONTHS
    x = age_months
    if metric == "weight_for_length_height":
        metric = "weight_for_height" if standing else "weight_for_length"
    if metric in ("weight_for_height", "weight_for_length"):
        standing = metric == "weight_for_height"
        x = height_cm and as_measured(height_cm, measured, standing=standing)
        if age_months is not None and age_months >= 84:
            return None, None
    elif metric == "length_height_for_age":
        value = as_measured(value, measured, standing=standing)
    edges = None if x is None else row(metric, sex, x)
    if x is None or edges is None:
        return None, None
    graded = edges if kind == "B" else row(metric, sex, x, kind="A")
    return nutrition(metric, value, edges), grade(value, graded or edges, kind=kind)


def overweight(sex: str, age_years: float, bmi: float) -> str | None:
    """超重, 肥胖 or None by WS/T 586-2018: 6 to 18 years in half years; None outside.

    The girls' row of 13.0 years is not verified; the file says why.
    """
    for age, over, obese in data("wst586_2018")[sex]:
        if age <= age_years < age + 0.5:
            return "肥胖" if bmi >= obese else "超重" if bmi >= over else None
    return None
