"""`flask --app wsgi checkups due FILE`: which health check is next, for every case of a file."""

from typing import TextIO

import click
from flask import Blueprint

from clinic.cases import BadCase, Case, an_object, answer_all, day, words
from clinic.checkups.due.next_check import due, screen_action
from clinic.checkups.due.schedule import check_ages

checkups = Blueprint("checkups-cli", __name__, cli_group="checkups")


@checkups.cli.command("due")
@click.argument("file", type=click.File(encoding="utf-8"))
def due_in(file: TextIO) -> None:
    """The next check of every case of FILE (`-`: standard input), as JSON."""
    answer_all(file, answer)


def answer(case: Case) -> Case:
    """One case. ValueError if it cannot be answered."""
    birth, on = day(case, "birth_date"), day(case, "as_of")
    discharge, done = day(case, "discharge_date", needed=False), words(case, "completed")
    assert birth
    assert on
    if on < birth or (discharge and discharge < birth):
        raise BadCase("as_of and discharge_date cannot lie before birth_date")
    unknown = sorted(set(done) - {check_age.id for check_age in check_ages()})
    if unknown:
        raise BadCase(f"completed names no check: {', '.join(unknown)}")
    hb_done = case.get("hb_done")
    if hb_done not in (None, True, False):
        raise BadCase("hb_done must be true or false")
    found = due(birth, on, done, discharge=discharge, hb_done=hb_done)
    check_age = found.check_age
    action, reason = screened(case)
    return {
        "next": check_age.id if check_age else None,
        "due_from": found.due_from.isoformat() if found.due_from else None,
        "due_by": found.due_by.isoformat() if found.due_by else None,
        "overdue": found.overdue,
        "items": found.items,
        "tcm": check_age.tcm if check_age else None,
        "warning_items": check_age.warning_signs if check_age else (),
        "hb_needed": found.hb_needed,
        "action": action,
        "reason": reason,
    }


def screened(case: Case) -> tuple[str | None, str | None]:
    """What the case's screen asks for and why; nothing where none was given."""
    if case.get("screen") is None:
        return None, None
    screen = an_object(case["screen"])
    regression = screen.get("regression", False)
    if not isinstance(regression, bool):
        raise BadCase("regression must be true or false")
    return screen_action(words(screen, "positive"), regression=regression)
