"""The pages, made once for each kind of service."""

from datetime import datetime

from flask import Blueprint, Response, flash, request, session, url_for

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.booking import courses, hold_pages, waitlist
from clinic.booking.choosing import ask
from clinic.booking.first import ask_first
from clinic.booking.queries import same_trip
from clinic.booking.reading import carried
from clinic.booking.times import add_times
from clinic.centres.districts import all_districts
from clinic.centres.models import Closure
from clinic.centres.queries import closures_over
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.scheduling.appointments import booking
from clinic.scheduling.dayparts import PARTS
from clinic.scheduling.models import Appointment
from clinic.scheduling.search.why_none import SHORT
from clinic.services.room import AskFirst, room_of, short_words, step_before
from clinic.web import PageTag, render, see_other


def booking_pages(kind: str, title: str) -> Blueprint:
    """The blueprint of one service: choose, hold, confirm, release, wait. `title` is a marked text."""
    bp = Blueprint(kind, f"clinic.{kind}.views", url_prefix=f"/{kind}")

    @bp.get("/", endpoint="choose")
    @allow(Role.PARENT)
    def choose_time() -> Response:
        return _choose(kind, title)

    @bp.post("/", endpoint="show")
    @allow(Role.PARENT)
    def show_times() -> Response:
        """The button of the choice, which is one form with the times: its address has no token."""
        return see_other(f"{kind}.choose", **carried(request.form))

    hold_pages.add_pages(bp, kind, title)
    courses.add_pages(bp, kind)
    waitlist.add_pages(bp, kind, title)
    return bp


def _closure_behind(moving: Appointment | None) -> Closure | None:
    """What took the time of the visit that is moved, if the centre did."""
    displaced = [moving] if moving and moving.displaced_at else []
    return next(iter(closures_over(displaced).values()), None)


def _not_moved(moving: Appointment, now: datetime) -> str:
    """Why the family cannot move the visit, if so: its page may be one that was opened long ago."""
    try:
        booking.must_be_changeable(moving, online=True, now=now)
    except DomainError as refused:
        return say(refused)
    return ""


def _choose(kind: str, title: str) -> Response:
    now = clock.now()
    chooser = ask(me(), kind, request.args, near=session.get("near"), now=now)
    if chooser.moving and (refused := _not_moved(chooser.moving, now)):
        flash(refused, "info")
        return see_other("appointments.show", appointment_id=chooser.moving.id)
    step = step_before(chooser.wishes, now)
    if isinstance(step, AskFirst):
        return ask_first(step, url_for(f"{kind}.choose", **carried(request.args)))  # type: ignore[arg-type]
    made_of = None if step else chooser.made_of
    mark = PageTag(made_of) if made_of else None
    if mark and (unchanged := mark.unchanged(now)):
        return unchanged
    if step:
        chooser.refusal, chooser.elsewhere = step.why, step.link
    else:
        add_times(chooser, now)
    page = render(
        "booking/choose.html",
        partial="booking/_chooser.html",
        chooser=chooser,
        kind=kind,
        title=title,
        parts=PARTS,
        districts=all_districts(),
        names={practitioner.id: practitioner for practitioner in chooser.practitioners},
        short={**SHORT, **short_words()},
        courses=room_of(kind).courses,
        other_parts=same_trip(chooser.moving, now=now) if chooser.moving else (),
        closure=_closure_behind(chooser.moving),
    )
    return mark.put_on(page, chooser.until) if mark and chooser.until else page
