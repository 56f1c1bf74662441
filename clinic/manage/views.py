"""A manager's calendar of the centre: its sessions, week by week."""

from datetime import date, timedelta

from flask import Response, flash, request
from flask_babel import gettext as _
from flask_babel import ngettext

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.centres.models import Centre
from clinic.centres.years import missing_years
from clinic.clock import clinic_day, day_bounds
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.manage.blueprint import bp, centre_asked_for
from clinic.manage.forms import WEEK, WeekForm
from clinic.manage.hours import closures, leave
from clinic.manage.moving import appointment as moving_appointment
from clinic.manage.moving import session as moving_session
from clinic.manage.queries import centres_of, get_session, leave_asked, planned
from clinic.manage.rota import copying, publishing
from clinic.manage.rota import views as rota_views
from clinic.outside import monday_of
from clinic.scheduling.models import ClinicSession
from clinic.scheduling.timetable import opening
from clinic.scheduling.timetable.hours import hours_of
from clinic.web import render, see_other

__all__ = ["PAGES", "bp"]
# Importing them puts their pages into `bp`.
PAGES = (
    closures,
    leave,
    moving_appointment,
    moving_session,
    copying,
    publishing,
    rota_views,
)


@bp.get("/")
@allow(Deed.PLAN_HOURS)
@names_nobody("hours and how full they are")
def index() -> Response:
    return _week_page(
        centre_asked_for(), monday_of(request.args.get("week"), clinic_day(clock.now()))
    )


@bp.context_processor
def _warnings() -> dict[str, object]:
    """What a page may ask before it warns the manager; nothing is read unless it asks."""
    return {"missing_years": missing_years}


def _week_page(centre: Centre, monday: date, refusal: str = "") -> Response:
    start, end = day_bounds(monday, WEEK)
    found = planned(centre, start, end)
    days = [monday + timedelta(days=n) for n in range(WEEK)]
    return render(
        "manage/index.html",
        status=422 if refusal else 200,
        centre=centre,
        centres=centres_of(me()),
        monday=monday,
        before=monday - timedelta(days=WEEK),
        after=monday + timedelta(days=WEEK),
        days={
            day: [
                session_overview
                for session_overview in found
                if clinic_day(session_overview.session.starts_at) == day
            ]
            for day in days
        },
        hours=hours_of(
            (session_overview.session.starts_at, session_overview.session.ends_at)
            for session_overview in found
        ),
        leave_asked=leave_asked(centre),
        refusal=refusal,
    )


@bp.route("/sessions/new", methods=["GET", "POST"])
@allow(Deed.PLAN_HOURS)
@names_nobody("hours of the rota")
def add_week() -> Response:
    centre = centre_asked_for()
    today = clinic_day(clock.now())
    form = WeekForm(centre=centre, today=today, first_day=today + timedelta(days=1))
    if form.validate_on_submit() and _is_given_here(form, centre):
        days = form.days()
        try:
            made = in_one_transaction(lambda: _open(form, centre, days))
        except DomainError as error:
            form.opens.errors = [say(error)]
            centre = centre_asked_for()
        else:
            flash(ngettext("%(num)s session added.", "%(num)s sessions added.", len(made)))
            return see_other("manage.index", centre=centre.code, week=days[0].isoformat())
    return render(
        "manage/add_week.html", status=422 if form.errors else 200, form=form, centre=centre
    )


def _is_given_here(form: WeekForm, centre: Centre) -> bool:
    """Whether the clinician gives every chosen service, and a chosen weekday is among the seven."""
    practitioner = next(
        practitioner
        for practitioner in centre.practitioners
        if practitioner.id == form.practitioner.data
    )
    given = {service.id for service in practitioner.services}
    if set(form.services.data or []) - given:
        form.services.errors = [_("This clinician does not offer all of these services.")]
    return not form.errors


def _open(form: WeekForm, centre: Centre, days: list[date]) -> list[ClinicSession]:
    chosen = set(form.services.data or [])
    hours = opening.Hours(
        form.opens.data,  # type: ignore[arg-type]
        form.closes.data,  # type: ignore[arg-type]
        form.slot_minutes.data or 0,
        form.capacity.data or 0,
        online_capacity=0,
        online_percent=form.online_percent.data,
    )
    return opening.open_week(
        next(
            practitioner
            for practitioner in centre.practitioners
            if practitioner.id == form.practitioner.data
        ),
        next(room for room in centre.rooms if room.id == form.room.data),
        [service for service in centre.services if service.id in chosen],
        days,
        hours,
        by=me(),
        now=clock.now(),
    )


@bp.post("/sessions/<id:session_id>/withdrawal")
@allow(Deed.PLAN_HOURS)
@names_nobody("hours of the rota")
def withdraw(session_id: int) -> Response:
    session = get_session(me(), session_id)
    code, week = session.practitioner.centre.code, clinic_day(session.starts_at)
    try:
        in_one_transaction(lambda: opening.withdraw_if_empty(session, by=me(), now=clock.now()))
    except DomainError as error:
        centre = next(centre for centre in centres_of(me()) if centre.code == code)
        return _week_page(centre, week - timedelta(days=week.weekday()), say(error))
    flash(_("The session is withdrawn."))
    return see_other("manage.index", centre=code, week=week.isoformat())
