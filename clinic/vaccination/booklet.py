"""The paper booklet, entered by a parent: one date a dose."""

import re
from datetime import date, timedelta

from flask import Blueprint, Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.ages import add_months
from clinic.db import db
from clinic.errors import DomainError
from clinic.families.queries import get_child
from clinic.i18n import say
from clinic.vaccination import record
from clinic.vaccination.catalogue import vaccines
from clinic.vaccination.models import Source
from clinic.vaccination.record import Entry
from clinic.web import render, see_other

AGE = re.compile(r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?")


def day_of_age(birth_date: date, age: str) -> date:
    """The day a child completes an ISO 8601 age."""
    found = AGE.fullmatch(age)
    assert found is not None, age
    years, months, weeks, days = (int(part or 0) for part in found.groups())
    return add_months(birth_date, years * 12 + months) + timedelta(weeks=weeks, days=days)


def add_pages(bp: Blueprint) -> None:
    """Put the booklet's pages among the vaccination pages."""
    bp.add_url_rule("/children/<int:child_id>/booklet", "booklet", booklet, methods=["GET", "POST"])


@allow(Role.PARENT)
def booklet(child_id: int) -> Response:
    child = get_child(me(), child_id)
    now = clock.now()
    typed = {key: value.strip() for key, value in request.form.items() if value.strip()}
    errors: dict[str, str] = {}
    rows = _rows(child.birth_date)
    if request.method == "POST":
        entries = _entries(rows, typed, errors, child.birth_date, clock.clinic_day(now))
        if not errors:
            try:
                record.record(child, entries, by=me(), source=Source.BOOKLET, now=now)
            except DomainError as refused:
                db.session.rollback()
                errors["booklet"] = say(refused)
            else:
                db.session.commit()
                flash(_("Saved."), "success")
                return see_other("vaccination.booklet", child_id=child_id)
    return render(
        "vaccination/booklet.html",
        status=422 if errors else 200,
        child=child,
        rows=rows,
        typed=typed,
        errors=errors,
        history=record.history_of(child.id),
        vaccines=vaccines(),
    )


def _rows(birth_date: date) -> list[tuple[date, str, int]]:
    """The usual day, vaccine and dose number of each dose, in the order of their days."""
    return sorted(
        (day_of_age(birth_date, age), vaccine.code, number)
        for vaccine in vaccines().values()
        for number, age in vaccine.doses.items()
    )


def _entries(
    rows: list[tuple[date, str, int]],
    typed: dict[str, str],
    errors: dict[str, str],
    birth_date: date,
    today: date,
) -> list[Entry]:
    entries: list[Entry] = []
    for _usual, code, number in rows:
        name = f"{code}-{number}"
        if name not in typed:
            continue
        try:
            entry = Entry(code, date.fromisoformat(typed[name]), number)
            record.check(entry, birth_date, today)
            entries.append(entry)
        except ValueError:
            errors[name] = _("Enter the day as 2025-03-01.")
        except DomainError as refused:
            errors[name] = say(refused)
    return entries
