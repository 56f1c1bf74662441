"""`flask --app wsgi vaccination forecast FILE`: what every child of a file is due for."""

from datetime import date
from typing import TextIO

import click
from flask import Blueprint

from clinic.cases import BadCase, Case, an_object, answer_all, day, words
from clinic.vaccination.cdsi.cases import answer as answer_by_the_cdc
from clinic.vaccination.programme.child import Dose, Recipient, child_with
from clinic.vaccination.programme.forecast import Forecast, forecast

vaccination = Blueprint("vaccination-cli", __name__, cli_group="vaccination")


@vaccination.cli.command("forecast")
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--programme", type=click.Choice(["national", "cdc"]), default="national")
def forecast_in(file: TextIO, programme: str) -> None:
    """The forecast of every case of FILE (`-`: standard input) as JSON.

    By the national programme, or by the schedule of the US CDC; each has its own shape of cases.
    """
    if programme == "cdc":
        answer_all(file, answer_by_the_cdc, list_alone=True)
    else:
        answer_all(file, answer)


def answer(case: Case) -> Case:
    """One case. ValueError if it cannot be answered."""
    on = day(case, "as_of")
    assert on
    child = child_of(case)
    if on < child.birth_date:
        raise BadCase("as_of cannot lie before birth_date")
    return {
        "forecast": [shown(series) for series in forecast(child, doses_of(case, child, on), on)]
    }


def child_of(case: Case) -> Recipient:
    """The child of a case."""
    row = an_object(case.get("child"))
    birth = day(row, "birth_date")
    assert birth
    sex = row.get("sex")
    if sex not in ("F", "M"):
        raise BadCase(f"sex must be F or M, not {sex!r}")
    return child_with(birth, sex, words(row, "conditions"))


def doses_of(case: Case, child: Recipient, on: date) -> list[Dose]:
    """What was given. BadCase for a dose before birth or in the future, or the same one twice."""
    rows = case.get("history") or []
    if not isinstance(rows, list):
        raise BadCase("history must be a list")
    doses: list[Dose] = []
    for row in map(an_object, rows):
        given, vaccine = day(row, "date"), row.get("vaccine")
        if not isinstance(vaccine, str):
            raise BadCase("each dose needs a vaccine")
        assert given
        if not child.birth_date <= given <= on:
            raise BadCase(f"{vaccine} on {given}: not between birth and as_of")
        if (dose := Dose(vaccine, given)) in doses:
            raise BadCase(f"{vaccine} on {given}: twice")
        doses.append(dose)
    return doses


def shown(one: Forecast) -> Case:
    """A forecast as the file has it."""

    def iso(value: date | None) -> str | None:
        return value.isoformat() if value else None

    return {
        "series": one.series,
        "vaccine": one.vaccine,
        "dose": one.number,
        "status": one.status,
        "earliest": iso(one.earliest),
        "recommended": iso(one.recommended),
        "complete_before": iso(one.complete_before),
        "reason": one.why.en,
        "reason_zh": one.why.zh,
        "rule": one.rule,
    }
