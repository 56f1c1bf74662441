"""Today's arrivals: who is found, checked in, and taken back, also long after."""

from collections.abc import Callable
from datetime import datetime

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts import limits
from clinic.accounts.access import allow, is_away, me, names_nobody
from clinic.accounts.models import Person
from clinic.accounts.rights import Deed
from clinic.accounts.sent_forms import each_time
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.desk import live
from clinic.desk.blueprint import bp, centre_asked_for
from clinic.desk.finding import reads_like
from clinic.desk.forms import CorrectionForm
from clinic.desk.queries import (
    arrivals,
    centres_of,
    families_of,
    found_among,
    get_appointment,
    marks_of,
    phones_of,
    totals,
)
from clinic.desk.unfound import why_not_found
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.plain import sought
from clinic.scheduling.day.turns import in_order
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import by_reference
from clinic.scheduling.references import parse_reference
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict import rules
from clinic.services.room import answers_of, must_ask
from clinic.visits import arriving
from clinic.visits.queries import is_for, ticket_of, tickets_of
from clinic.visits.recorded import is_needed
from clinic.web import is_htmx, is_poll, render, see_other

MAY_SCAN = "camera=(self), microphone=(), geolocation=()"  # the one page that has a camera


@bp.get("/")
@allow(Deed.CHECK_IN)
@names_nobody("while its reader is away it shows times and tickets only")
def today() -> Response:
    return _list(centre_asked_for(), "")


@bp.post("/search")
@each_time("it only looks")
@allow(Deed.CHECK_IN)
def search() -> Response:
    """A POST, so that no name or number gets into an address or a log."""
    centre, typed = centre_asked_for(), _typed()
    return _list(centre, typed, "" if is_poll() else _slowed(centre, typed))


@bp.post("/appointments/<id:appointment_id>/arrival")
@allow(Deed.CHECK_IN)
def check_in(appointment_id: int) -> Response:
    appointment = get_appointment(me(), appointment_id)
    if must_ask(appointment, clock.now()):
        return see_other("desk.answers", appointment_id=appointment.id)
    return _arrive(appointment_id, arriving.check_in)


@bp.post("/appointments/<id:appointment_id>/arrival/family")
@allow(Deed.CHECK_IN)
def check_in_family(appointment_id: int) -> Response:
    """Everything that the child and its siblings have about now."""
    visit, now = get_appointment(me(), appointment_id), clock.now()
    for appointment in arriving.family_of(visit, now) or [visit]:
        if must_ask(appointment, now):
            return see_other("desk.answers", appointment_id=appointment.id, family=1)
    return _arrive(appointment_id, _check_in_family)


@bp.post("/appointments/<id:appointment_id>/arrival/undo")
@allow(Deed.CHECK_IN)
def undo(appointment_id: int) -> Response:
    return _arrive(appointment_id, arriving.undo_check_in)


@bp.route("/appointments/<id:appointment_id>/arrival/correction", methods=["GET", "POST"])
@allow(Deed.CHECK_IN)
def correction(appointment_id: int) -> Response:
    """A check-in that was wrong, whenever it is noticed: taken back for a reason, with its ticket."""
    appointment, form, refusal = get_appointment(me(), appointment_id), CorrectionForm(), ""
    if form.validate_on_submit():
        why, now = form.reason.data, clock.now()
        try:
            in_one_transaction(
                lambda: arriving.undo_check_in(appointment, by=me(), now=now, reason=why)
            )
        except DomainError as error:
            refusal = say(error)
        else:
            flash(_("The check-in of %(name)s is taken back.", name=appointment.child.name))
            return see_other("desk.today", centre=appointment.centre.code)
    audit.note_read(appointment.child_id, appointment.centre_id)
    ticket = ticket_of(appointment)
    return render(
        "desk/correction.html",
        status=422 if refusal or form.errors else 200,
        appointment=appointment,
        form=form,
        refusal=refusal,
        ticket=None if ticket is None or is_needed(ticket, but=appointment) else ticket,
        is_here=status_of(appointment) is Status.ARRIVED,
    )


def _check_in_family(appointment: Appointment, *, by: Person, now: datetime) -> None:
    family = arriving.family_of(appointment, now) or [appointment]
    arriving.check_in_family(family, by=by, now=now)


def _typed() -> str:
    return sought(request.form.get("q", ""))[:60]


def _slowed(centre: Centre, typed: str) -> str:
    """Count and note a reference that is no booking of this centre; the sentence if there were many."""
    if reads_like(typed) not in ("reference", "almost") or _another_day(centre, typed):
        return ""
    audit.note_once(typed, "wrong_reference", "bookings", None, centre_id=centre.id)
    who, now = str(me().id), clock.now()
    try:
        in_one_transaction(lambda: limits.spend(limits.WRONG_REFERENCE, who, now=now))
    except limits.TooOften as error:
        audit.note_once("reference", "too often", "users", me().id, centre_id=centre.id)
        return say(error)
    return ""


def _arrive(appointment_id: int, verb: Callable[..., object]) -> Response:
    appointment = get_appointment(me(), appointment_id)
    centre = appointment.centre
    try:
        in_one_transaction(lambda: verb(appointment, by=me(), now=clock.now()))
    except DomainError as error:
        return _list(centre, _typed(), say(error), appointment_id)
    if is_htmx():
        return _list(centre, _typed())
    return see_other("desk.today", centre=centre.code)


def _list(centre: Centre, typed: str, refusal: str = "", refused: int = 0) -> Response:
    """The list; what was refused stands in the row of that appointment, if it is shown."""
    now = clock.now()
    tag = live.tag_of(centre, now, "arrivals", live.minute(now))

    def make() -> Response:
        response = _page(centre, typed, refusal, refused, "" if refusal else tag, now)
        response.headers["Permissions-Policy"] = MAY_SCAN
        return response

    return live.answer(tag, make)


def _page(
    centre: Centre, typed: str, refusal: str, refused: int, tag: str, now: datetime
) -> Response:
    rows = arrivals(centre, now)
    found, late = in_order(found_among(rows, typed))
    tickets = tickets_of({row.child_id for row in rows}, centre.id, clinic_day(now))
    elsewhen = _another_day(centre, typed) if typed and not found else []
    if not is_away():
        audit.note_list("search" if typed else "arrivals", [*found, *elsewhen])
    return render(
        "desk/today.html",
        partial="desk/_arrivals.html",
        status=422 if refusal else 200,
        centre=centre,
        centres=centres_of(me()),
        rows=found,
        marks=marks_of(found, late, now),
        tag=tag,
        families=families_of(rows),
        ticket_for={row.id: ticket for row in rows for ticket in tickets if is_for(ticket, row)},
        totals=totals(rows),
        typed=typed,
        elsewhen=elsewhen,
        health=answers_of(found, now),
        why=why_not_found(centre, typed) if typed and not found and not refusal else "",
        refusal=refusal,
        refused=refused if any(appointment.id == refused for appointment in found) else 0,
        status_of=status_of,
        phones_of=phones_of,
        may_undo=lambda one: one.arrived_at and rules.may_undo_check_in(one.arrived_at, now),
    )


def _another_day(centre: Centre, typed: str) -> list[Appointment]:
    """What a reference that is not of today is about, at this centre only."""
    reference = parse_reference(typed)
    return by_reference(reference, centre.id) if reference else []
