"""Files of cases: each is answered by itself; a bad one is a line on standard error, and exit 1."""

import json
import sys
from collections.abc import Callable
from datetime import date
from typing import Any, TextIO

import click

Case = dict[str, Any]


class BadCase(ValueError):
    """Why a case cannot be answered, in one line."""


def answer_all(file: TextIO, answer: Callable[[Case], Case], *, list_alone: bool = False) -> None:
    """Answer every case of the file as JSON on standard output; `answer` raises ValueError."""
    answers, bad = [], False
    for number, case in enumerate(cases_of(file, list_alone=list_alone), 1):
        name = case.get("id") if isinstance(case, dict) else None
        try:
            answers.append({"id": name, **answer(an_object(case))})
        except (ValueError, TypeError, OverflowError) as error:
            bad = True
            click.echo(f"{name or f'case {number}'}: {error}", err=True)
    click.echo(json.dumps({"cases": answers}, ensure_ascii=False, indent=1))
    if bad:
        sys.exit(1)


def cases_of(file: TextIO, *, list_alone: bool = False) -> list[object]:
    """The cases of a file, or a file that is the list of them; refused in one line if it has none."""
    try:
        data = json.load(file)
        cases = data if list_alone and isinstance(data, list) else data["cases"]
    except (ValueError, KeyError, TypeError):
        cases = None
    if not isinstance(cases, list):
        raise click.ClickException("The file is not JSON with a list of cases.")
    return cases


def an_object(value: object) -> Case:
    """That value, which must be an object. BadCase if it is not."""
    if not isinstance(value, dict):
        raise BadCase("a case and a screen are objects")
    return value


def day(case: Case, key: str, *, needed: bool = True) -> date | None:
    """The date under that key (ISO). ValueError if it is missing or no date."""
    value = case.get(key)
    if value is None and not needed:
        return None
    try:
        return date.fromisoformat(value)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise BadCase(f"{key} must be a date like 2026-11-25, not {value!r}") from error


def number(case: Case, key: str) -> float | None:
    """The number under that key, None if there is none. ValueError if it is no positive number."""
    value = case.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 100000:
        raise BadCase(f"{key} must be a number, not {value!r}")
    return float(value)


def words(case: Case, key: str) -> list[str]:
    """The list of strings under that key. ValueError if it is none."""
    value = case.get(key) or []
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise BadCase(f"{key} must be a list of words")
    return value
