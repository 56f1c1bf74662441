"""`flask --app wsgi growth score FILE`: growth scores and the standards' words, case by case."""

from math import floor
from typing import TextIO

import click
from flask import Blueprint

from clinic.cases import BadCase, Case, answer_all, day, number
from clinic.checkups.growth import china, who
from clinic.checkups.growth.between import DAYS_PER_MONTH, days_of

growth = Blueprint("growth-cli", __name__, cli_group="growth")
SCORES = ("wfa_z", "lhfa_z", "hfa_z", "wflh_z", "bmifa_z", "hcfa_z", "nutrition", "grade")


@growth.cli.command("score")
@click.argument("file", type=click.File(encoding="utf-8"))
def score_in(file: TextIO) -> None:
    """Scores of every case of FILE (`-`: standard input), as JSON."""
    answer_all(file, answer)


def answer(case: Case) -> Case:
    """One case by the standard it names. BadCase if it cannot be answered."""
    standards = {
        "WHO 2006": by_2006,
        "WHO 2007": by_2007,
        "WS/T 423-2022": by_423,
        "WS/T 586-2018": by_586,
    }
    standard = case.get("standard")
    if not isinstance(standard, str) or standard not in standards:
        raise BadCase(f"standard must be one of {', '.join(standards)}")
    if case.get("sex") not in ("M", "F"):
        raise BadCase("sex must be M or F")
    if case.get("measured") not in (None, "lying", "standing"):
        raise BadCase("measured must be lying or standing")
    return dict.fromkeys(SCORES) | standards[standard](case)


def age_days(case: Case) -> int | None:
    """Age in whole days, however the case gives it."""
    if case.get("birth_date") is not None:
        birth = day(case, "birth_date")
        on = day(case, "measured_on" if "measured_on" in case else "as_of")
        if birth and on and on >= birth:
            return (on - birth).days
        raise BadCase("the child is measured before birth")
    days, months = number(case, "age_days"), number(case, "age_months")
    if days is None:
        return None if months is None else days_of(months)
    return floor(days + 0.5)


def age_months(case: Case) -> float | None:
    """Age in months with fractions, however the case gives it."""
    years, months = number(case, "age_years"), number(case, "age_months")
    if months is None and years is not None:
        return years * 12
    if months is None:
        days = age_days(case)
        return None if days is None else days / DAYS_PER_MONTH
    return months


def by_2006(case: Case) -> Case:
    """WHO 2006."""
    return dict(
        who.scores_2006(
            case["sex"],
            age_days(case),
            weight_kg=number(case, "weight_kg"),
            height_cm=number(case, "height_cm"),
            head_cm=number(case, "head_cm"),
            measured=case.get("measured"),
        )
    )


def by_2007(case: Case) -> Case:
    """WHO 2007."""
    months = age_months(case)
    if months is None:
        raise BadCase("age_months is needed")
    weight, height = number(case, "weight_kg"), number(case, "height_cm")
    how = case.get("measured")
    return dict(
        who.scores_2007(case["sex"], months, weight_kg=weight, height_cm=height, measured=how)
    )


def by_423(case: Case) -> Case:
    """WS/T 423-2022; `value` of `metric`."""
    metric, value = str(case.get("metric")), number(case, "value")
    if metric not in china.METRICS or value is None:
        raise BadCase(f"a value is needed, and a metric: one of {', '.join(sorted(china.METRICS))}")
    height = number(case, "height_cm")
    words, grade = china.assess(
        metric,
        case["sex"],
        value,
        age_months=age_months(case),
        height_cm=number(case, "length_height_cm") if height is None else height,
        measured=case.get("measured"),
        kind="A" if str(case.get("table", "")).startswith("A.") else "B",
    )
    return {"nutrition": words, "grade": grade}


def by_586(case: Case) -> Case:
    """WS/T 586-2018; `value` is the BMI, or weight and height."""
    months, value = age_months(case), number(case, "value")
    if value is None:
        value = who.bmi(number(case, "weight_kg"), number(case, "height_cm"))
    if months is None or value is None:
        raise BadCase("an age and a BMI are needed")
    return {"nutrition": china.overweight(case["sex"], months / 12, value)}
