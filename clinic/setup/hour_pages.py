"""The opening hours of a centre, and the days that differ."""

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.centres import week
from clinic.centres.managed import managed_centre
from clinic.centres.models import Centre
from clinic.centres.years import missing_years
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.setup.blueprint import bp
from clinic.setup.queries import (
    Outside,
    coming_adjusted_days,
    coming_closures,
    sessions_outside,
)
from clinic.typed import Errors, typed_in
from clinic.web import render, see_other

DAYS = range(7)


@bp.route("/centres/<code>/hours", methods=["GET", "POST"])
@allow(Deed.SET_UP)
@names_nobody("opening hours")
def hours(code: str) -> Response:
    centre, now = managed_centre(me(), code), clock.now()
    if request.method == "GET":
        kept = week.week_of(centre.opening_hours)
        return _page(centre, {name_of(n): _written(kept.get(n, ())) for n in DAYS}, {})
    typed, errors = typed_in(request.form), Errors()
    wanted = _week_in(typed, errors)
    if errors:
        return _page(centre, typed, errors)
    outside = sessions_outside(centre, week.doors_of(wanted), now=now)
    if outside and "keep" not in request.form:
        return _page(centre, typed, errors, outside)
    in_one_transaction(lambda: week.set_week(managed_centre(me(), code), wanted, by=me(), now=now))
    flash(_("Saved."), "success")
    return see_other("setup.hours", code=code)


def name_of(weekday: int) -> str:
    """The name of the field of that weekday."""
    return f"day-{weekday}"


def _written(spells: object) -> str:
    return ", ".join(week.written(spell) for spell in spells)  # type: ignore[attr-defined]


def _week_in(typed: dict[str, str], errors: Errors) -> dict[int, tuple[week.Spell, ...]]:
    """The hours that were typed, by weekday."""
    found = {}
    for weekday in DAYS:
        try:
            found[weekday] = week.spells(typed.get(name_of(weekday), ""))
        except DomainError as refused:
            errors[name_of(weekday)] = say(refused)
    if not errors and not any(found.values()):
        errors[name_of(0)] = _("Enter the hours of at least one day.")
    return found


def _page(
    centre: Centre, typed: dict[str, str], errors: Errors, outside: Outside | None = None
) -> Response:
    now = clock.now()
    return render(
        "setup/hours.html",
        status=422 if errors or outside else 200,
        centre=centre,
        typed=typed,
        errors=errors,
        outside=outside,
        name_of_day=name_of,
        closures=coming_closures(centre, now=now),
        adjusted=coming_adjusted_days(centre, now=now),
        missing_years=missing_years,
        manages=centre.id in me().centre_ids(Role.MANAGER),
    )
