"""Paid vaccines as advice: which doses are left, from when, and why. Pure; never "overdue".

Ages and intervals are data (`programmes/optional_2026.json`), with what is unverified in them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from clinic.vaccination.programme.child import Condition, Dose, Recipient
from clinic.vaccination.programme.forecast import DEFERRED, Forecast, live_terms
from clinic.vaccination.programme.national import HERE, national, period
from clinic.vaccination.programme.need import (
    Case,
    Term,
    after,
    at_age,
)
from clinic.vaccination.programme.words import Words

PAID = frozenset({"PCV13", "RV5", "RV1-LLR", "EV71", "Hib", "VAR", "IIV"})
ORAL_LIVE = frozenset({"RV5", "RV1-LLR"})
WEAK = (Condition.HIV_EXPOSED, Condition.IMMUNODEFICIENT)
SEASON = Words("每年流感季接种", "Once every season of influenza")


@dataclass(frozen=True)
class Advice:
    """The next dose of a paid vaccine. `line.status` is upcoming, due or needs_precondition.

    `line.earliest` is the first legal day, `usual` the day that is advised, `best_before` exclusive.
    """

    line: Forecast
    left: int
    usual: date
    best_before: date | None
    is_verified: bool


@cache
def _data() -> Mapping[str, Any]:
    data: dict[str, Any] = json.loads((HERE / "optional_2026.json").read_text(encoding="utf-8"))
    return data


def advice(child: Recipient, history: Iterable[Dose], on: date) -> list[Advice]:
    """What is left of each paid vaccine on that day; antigen by antigen, so combinations count."""
    case = Case(child, national())
    given = sorted(
        {dose for dose in history if dose.given_on <= on}, key=lambda d: (d.given_on, d.vaccine)
    )
    found = [_group(case, one, given, on) for one in _data()["groups"]]
    return [advice for advice in (*found, _influenza(case, given, on)) if advice]


def _of(case: Case, antigen: str, given: Sequence[Dose]) -> list[Dose]:
    serving = case.programme.with_antigen(antigen)
    return [dose for dose in given if dose.vaccine in serving]


def _group(case: Case, group: Mapping[str, Any], given: Sequence[Dose], on: date) -> Advice | None:
    had = _of(case, group["antigen"], given)
    product = _product(case, group["products"], had, on)
    if product is None:
        return None
    begins = had[0].given_on if had else max(on, case.at(period(product["courses"][0]["from"])))
    courses = product["courses"]
    course = next((course for course in courses if begins < case.at(period(course["until"]))), None)
    if course is None:
        return None
    steps, valid = course["doses"], list[Dose]()
    for dose in had:
        terms = _terms(case, steps[len(valid)], valid) if len(valid) < len(steps) else []
        if terms and all(term.day <= dose.given_on for term in terms):
            valid.append(dose)
    if len(valid) >= len(steps):
        return None
    step = steps[len(valid)]
    terms = _terms(case, step, valid)
    if had and had[-1] not in valid and "after" in step:
        terms.append(after(had[-1], period(step["after"])))
    usual, best = case.at(period(step["age"])), _best(case, step, valid)
    end, left = case.at(period(product["before"])), len(steps) - len(valid)
    if not had:  # begun on a later day, another course may hold
        end = min(end, case.at(period(courses[-1]["until"])))
    return _advice(case, product, terms, given, on, (usual, best, end), left, course["verified"])


def _product(
    case: Case, products: Sequence[Mapping[str, Any]], had: Sequence[Dose], on: date
) -> Mapping[str, Any] | None:
    """What was begun is gone on with; else the first that may still begin."""
    begun = next(
        (product for product in products if had and product["vaccine"] == had[0].vaccine), None
    )
    if begun or had:
        return begun or products[-1]
    starts = (
        product for product in products if on < case.at(period(product["courses"][-1]["until"]))
    )
    return next(starts, None)


def _terms(case: Case, step: Mapping[str, str], valid: Sequence[Dose]) -> list[Term]:
    terms = [at_age(case, period(step.get("min_age", step["age"])))]
    if valid and "after" in step:
        terms.append(after(valid[-1], period(step["after"])))
    return terms


def _best(case: Case, step: Mapping[str, str], valid: Sequence[Dose]) -> date | None:
    if "within" in step and valid:
        return period(step["within"]).after(valid[-1].given_on)
    return case.at(period(step["best_before"])) if "best_before" in step else None


def _advice(
    case: Case,
    product: Mapping[str, Any],
    terms: Sequence[Term],
    given: Sequence[Dose],
    on: date,
    days: tuple[date, date | None, date],
    left: int,
    is_verified: bool,
) -> Advice | None:
    vaccine: str = product["vaccine"]
    usual, best, end = days
    waits = [*terms, *live_terms(case, vaccine, given)]
    last = max(waits, key=lambda one: one.day)
    if max(on, last.day) >= end:
        return None
    is_live = vaccine in ORAL_LIVE or case.programme.vaccines[vaccine].live_injected
    asks = case.has(Condition.IMMUNOSUPPRESSED) or (is_live and case.has(*WEAK))
    status = "needs_precondition" if asks else "due" if last.day <= on else "upcoming"
    had = _of(case, next(iter(case.programme.vaccines[vaccine].antigens)), given)
    line = Forecast(
        vaccine,
        status,
        DEFERRED if asks else last.why,
        product["rule"],
        vaccine,
        len(had) + 1,
        last.day,
    )
    best = best if best and max(on, last.day) < best else None
    return Advice(line, left, max(usual, last.day), best, is_verified)


def _influenza(case: Case, given: Sequence[Dose], on: date) -> Advice | None:
    """Two doses in the first season before nine years, else one; then the next season."""
    rules = _data()["influenza"]
    had = _of(case, "FLU", given)
    year = on.year if on.month >= rules["from_month"] else on.year - 1
    for begins in (date(year, rules["from_month"], 1), date(year + 1, rules["from_month"], 1)):
        this, earlier = (
            [dose for dose in had if dose.given_on >= begins],
            [dose for dose in had if dose.given_on < begins],
        )
        ends = date(begins.year + 1, rules["until_month"], 1)
        first = this[0].given_on if this else max(on, begins)
        needed = 2 if not earlier and first < case.at(period(rules["twice_before"])) else 1
        terms = [at_age(case, period(rules["min_age"])), Term(begins, SEASON)]
        terms += [after(dose, period(rules["after"])) for dose in had[-1:]]
        if len(this) >= needed or max(on, *(term.day for term in terms)) >= ends:
            continue
        best = date(begins.year, rules["best_before_month"], 1)
        days = (begins, best, min(ends, case.at(national().ends_at_age)))
        return _advice(case, rules, terms, given, on, days, needed - len(this), rules["verified"])
    return None
