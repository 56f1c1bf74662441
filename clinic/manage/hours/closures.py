"""The whole centre's closures, and days on which it works by another timetable."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

from flask import Response, flash, request
from flask_babel import gettext as _
from sqlalchemy import select

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.centres.models import AdjustedDay, Centre, Closure
from clinic.clock import clinic_day, day_bounds
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.fields import CHOOSE
from clinic.i18n import say
from clinic.manage.blueprint import bp
from clinic.manage.hours.leave import centre_of_staff, offer_all
from clinic.manage.hours.lifting import lifted
from clinic.manage.hours.preview import (
    ChangeToShow,
    is_long,
    show,
    typed,
)
from clinic.outside import NotADay, a_day, day_or, id_of
from clinic.plain import sought
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.change import Change
from clinic.scheduling.changes.kinds import Close, WorksAs
from clinic.scheduling.timetable import extending
from clinic.sentences import mark
from clinic.web import render, see_other

SHUT = "shut"  # in place of the weekday that a day works as


class AskedTwice(DomainError):
    message = mark("This is a very long closure. Please look at the days again, and tick the box.")


class DayIsPast(DomainError):
    message = mark("That day has passed.")


@bp.get("/closures")
@allow(Deed.PLAN_HOURS)
@names_nobody("days and reasons")
def closures() -> Response:
    centre, now = centre_of_staff(Role.MANAGER), clock.now()
    live = select(Closure).where(
        Closure.centre_id == centre.id, Closure.lifted_at.is_(None), Closure.ends_at > now
    )
    days = select(AdjustedDay).where(
        AdjustedDay.centre_id == centre.id, AdjustedDay.day >= clinic_day(now)
    )
    return render(
        "manage/closures.html",
        centre=centre,
        closures=list(db.session.scalars(live.order_by(Closure.starts_at, Closure.id))),
        days=list(db.session.scalars(days.order_by(AdjustedDay.day))),
        day=clinic_day(now) + timedelta(days=1),
    )


@bp.route("/closing", methods=["GET", "POST"])
@allow(Deed.PLAN_HOURS)
def closing() -> Response:
    """Whom a closure concerns, by name; a POST does what was shown, and offers new times."""
    centre = centre_of_staff(Role.MANAGER)
    if not request.args.get("first"):
        return see_other("manage.closures", centre=centre.code)
    try:
        first = day_or(request.args.get("first"), date.min)
        last = day_or(request.args.get("last"), first)
    except NotADay as odd:
        flash(say(odd), "info")
        return see_other("manage.closures", centre=centre.code, **typed())
    starts_at, ends_at = day_bounds(first)[0], day_bounds(last)[1]
    zh = sought(request.args.get("reason_zh", ""))[:120] or "中心关闭"
    en = sought(request.args.get("reason_en", ""))[:160] or "The centre is closed"
    change = Close(centre, starts_at, ends_at, zh, en)
    return _do(change, centre, first, _("Closure"), lambda: None)


@bp.route("/timetable", methods=["GET", "POST"])
@allow(Deed.PLAN_HOURS)
def works_as() -> Response:
    """Whom another timetable of a day concerns; a POST does what was shown and opens the rest."""
    centre = centre_of_staff(Role.MANAGER)
    day, weekday = a_day(request.args.get("day")), id_of(request.args, "weekday")
    is_shut = request.args.get("weekday") == SHUT
    if day is None or not (is_shut or weekday in range(7)):
        flash(say(NotADay()) if day is None else str(CHOOSE), "info")
        return see_other("manage.closures", centre=centre.code, **typed())
    change = WorksAs(centre, day, None if is_shut else weekday)
    if day > clinic_day(clock.now()) + extending.horizon():
        return _do(change, centre, day, _("Another timetable"), lambda: None)
    opens_the_rest = lambda: extending.extend([centre], day, day, now=clock.now())  # noqa: E731
    return _do(change, centre, day, _("Another timetable"), opens_the_rest)


def _do(
    change: Change, centre: Centre, first: date, title: str, afterwards: Callable[[], object]
) -> Response:
    now = clock.now()
    page = ChangeToShow(change, title=title, about=centre, back=("manage.closures", centre.code))
    try:
        change.check()
        if first < clinic_day(now):
            raise DayIsPast
        if request.method == "GET":
            return show(page, now=now)
        if is_long(change) and "sure" not in request.form:
            raise AskedTwice
        done = in_one_transaction(lambda: _apply(change, afterwards, now))
    except DomainError as error:
        return show(page, now=now, refusal=say(error))
    offer_all([appointment.id for appointment in done.displaced], now=now)
    if not done.displaced:
        flash(_("Done. No family loses its time."))
        return see_other("manage.closures", centre=centre.code)
    flash(_("It is done."))
    return see_other("manage.displaced", centre=centre.code)


def _apply(change: Change, afterwards: Callable[[], object], now: datetime) -> applying.Preview:
    version = request.form.get("version", "")
    done = applying.apply(change, version, by=me(), now=now)
    afterwards()
    return done


@bp.post("/closures/<id:closure_id>/lift")
@allow(Deed.PLAN_HOURS)
@names_nobody("days and reasons")
def lift_closure(closure_id: int) -> Response:
    """The centre opens after all; families come back to their times."""
    query = select(Closure).where(
        Closure.id == closure_id, Closure.centre_id.in_(me().centre_ids(Role.MANAGER))
    )
    row = db.session.execute(query).scalar_one()
    return lifted(row, "manage.closures")
