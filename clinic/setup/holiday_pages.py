"""Public holidays and worked weekends of a year: what is known, and a year's file that is read in.

What was pasted or uploaded is shown as it was understood before it is stored.
"""

from dataclasses import dataclass
from datetime import datetime

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.centres.days import Calendar, years_needed
from clinic.centres.years import YearIsKnown, add_year, known_years, parsed, released_years
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import a_word
from clinic.setup.as_shown import version_of
from clinic.setup.blueprint import bp
from clinic.web import render, see_other

LONGEST = 20_000  # characters of a year's file


@dataclass(frozen=True)
class Shown:
    """A year as it was understood."""

    year: int
    source: str
    calendar: Calendar


@bp.route("/holidays", methods=["GET", "POST"])
@allow(Deed.SET_UP)
@names_nobody("public holidays")
def holidays() -> Response:
    now = clock.now()
    text, error, shown = "", "", None
    if request.method == "POST":
        text = _text()
        try:
            shown = _read(text)
            if a_word(request.form.get("shown")) == version_of(text):
                return _store(text, now)
        except DomainError as refused:
            error, shown = say(refused), None
    return render(
        "setup/holidays.html",
        status=422 if error else 200,
        years=known_years(),
        released=released_years(),
        missing=sorted(set(years_needed(clinic_day(now))) - set(known_years())),
        text=text,
        error=error,
        read=shown,
        shown=version_of(text) if shown else "",
    )


def _text() -> str:
    """The file if one was sent, else what was pasted."""
    file = request.files.get("file")
    if file and file.filename:
        text = file.read(LONGEST).decode("utf-8-sig", "replace")
    else:
        text = request.form.get("text", "")[:LONGEST]
    return str(text).replace("\r\n", "\n").strip()


def _read(text: str) -> Shown:
    data, calendar = parsed(text)
    if data["year"] in released_years():
        raise YearIsKnown(year=data["year"])
    return Shown(data["year"], str(data["source"]), calendar)


def _store(text: str, now: datetime) -> Response:
    year = in_one_transaction(lambda: add_year(text, by=me(), now=now))
    flash(_("The public holidays of %(year)s are stored. Their days open by the rota.", year=year))
    return see_other("setup.holidays")
