"""Reception: today's arrivals, and visits changed on behalf of families."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, abort, flash, request
from flask_babel import gettext as _
from wtforms.fields import SelectChoice

from clinic import audit, clock
from clinic.accounts.access import allow, is_away, me, names_nobody
from clinic.accounts.models import Person, Role
from clinic.booking.on_behalf import free_times, move_for, names_of, slots_here
from clinic.booking.slips import qr_code
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.desk import ending, live, queue, screen, walk_ins
from clinic.desk.forms import CancelForm, MoveForm
from clinic.desk.history import history_of
from clinic.desk.queries import (
    arrivals,
    centres_of,
    families_of,
    found_among,
    get_visit,
    marks_of,
    phones_of,
    totals,
)
from clinic.desk.unfound import why_not_found
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import a_day
from clinic.plain import sought
from clinic.scheduling import booking, rules
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import by_reference
from clinic.scheduling.references import parse_reference, spoken
from clinic.scheduling.status import LABELS, status_of
from clinic.scheduling.turns import in_order
from clinic.vaccination.booked import booked_for
from clinic.vaccination.observation import open_reaction
from clinic.visits import arriving
from clinic.visits.queries import is_for, tickets_of
from clinic.visits.waits import wait_of
from clinic.web import is_htmx, render, see_other

bp = Blueprint("desk", __name__, url_prefix="/desk")
MAY_SCAN = "camera=(self), microphone=(), geolocation=()"  # the one page that has a camera


def _centre() -> Centre:
    """The centre that this desk works for: the one asked for, or the first."""
    mine = centres_of(me())
    if code := request.args.get("centre"):
        mine = [one for one in mine if one.code == code]
    return mine[0] if mine else abort(404)


walk_ins.add_pages(bp, _centre)
queue.add_pages(bp)
screen.add_pages(bp)
ending.add_pages(bp, _centre)


@bp.get("/")
@allow(Role.RECEPTION)
@names_nobody("while its reader is away it shows times and tickets only")
def today() -> Response:
    return _list(_centre(), "")


@bp.post("/search")
@allow(Role.RECEPTION)
def search() -> Response:
    """A POST, so that no name or number gets into an address or a log."""
    return _list(_centre(), sought(request.form.get("q", ""))[:60])


def _list(centre: Centre, typed: str, refusal: str = "") -> Response:
    now = clock.now()
    tag = live.tag_of(centre, now, "arrivals", live.minute(now))
    return live.answer(tag, lambda: _render(centre, typed, refusal, "" if refusal else tag, now))


def _render(centre: Centre, typed: str, refusal: str, tag: str, now: datetime) -> Response:
    response = _arrivals(centre, typed, refusal, tag, now)
    response.headers["Permissions-Policy"] = MAY_SCAN
    return response


def _arrivals(centre: Centre, typed: str, refusal: str, tag: str, now: datetime) -> Response:
    rows = arrivals(centre, now)
    found, late = in_order(found_among(rows, typed))
    tickets = tickets_of({one.child_id for one in rows}, centre.id, clinic_day(now))
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
        ticket_for={one.id: ticket for one in rows for ticket in tickets if is_for(ticket, one)},
        totals=totals(rows),
        typed=typed,
        elsewhen=elsewhen,
        why=why_not_found(centre, typed) if typed and not found else "",
        refusal=refusal,
        status_of=status_of,
        labels=LABELS,
        phones_of=phones_of,
        may_undo=lambda one: one.arrived_at and rules.may_undo_check_in(one.arrived_at, now),
    )


def _another_day(centre: Centre, typed: str) -> list[Appointment]:
    """What a reference that is not of today is about, at this centre only."""
    reference = parse_reference(typed)
    return by_reference(reference, centre.id) if reference else []


@bp.post("/appointments/<id:appointment_id>/arrival")
@allow(Role.RECEPTION)
def check_in(appointment_id: int) -> Response:
    return _arrive(appointment_id, arriving.check_in)


@bp.post("/appointments/<id:appointment_id>/arrival/family")
@allow(Role.RECEPTION)
def check_in_family(appointment_id: int) -> Response:
    """Everything that the child and its siblings have about now."""

    def verb(visit: Appointment, *, by: Person, now: datetime) -> None:
        family = arriving.family_of(visit, now) or [visit]
        arriving.check_in_family(family, by=by, now=now)

    return _arrive(appointment_id, verb)


@bp.post("/appointments/<id:appointment_id>/arrival/undo")
@allow(Role.RECEPTION)
def undo(appointment_id: int) -> Response:
    return _arrive(appointment_id, arriving.undo_check_in)


def _arrive(appointment_id: int, verb: Callable[..., object]) -> Response:
    visit = get_visit(me(), appointment_id)
    centre, refusal = visit.centre, ""
    try:
        in_one_transaction(lambda: verb(visit, by=me(), now=clock.now()))
    except DomainError as error:
        db.session.rollback()
        refusal = say(error)
    if refusal or is_htmx():
        return _list(centre, sought(request.form.get("q", ""))[:60], refusal)
    return see_other("desk.today", centre=centre.code, _anchor=f"visit-{appointment_id}")


@bp.get("/appointments/<id:appointment_id>")
@allow(Role.RECEPTION, Role.MANAGER)
def show(appointment_id: int) -> Response:
    """What reception does about a visit; the centre's manager may look, and it is written down."""
    visit = get_visit(me(), appointment_id, Role.MANAGER)
    audit.note_read(visit.child_id, visit.centre_id)
    return render(
        "desk/show.html",
        visit=visit,
        reference=spoken(visit.booking.reference),
        standing=status_of(visit),
        labels=LABELS,
        is_today=clinic_day(visit.starts_at) == clinic_day(clock.now()),
        doses=booked_for([visit.id]).get(visit.id, ()),
        history=history_of(visit),
        is_at_desk=visit.centre_id in me().centre_ids(Role.RECEPTION),
        day=clinic_day(visit.starts_at),
    )


@bp.get("/appointments/<id:appointment_id>/slip")
@allow(Role.RECEPTION)
def slip(appointment_id: int) -> Response:
    visit = get_visit(me(), appointment_id)
    audit.note_read(visit.child_id, visit.centre_id)
    reference = visit.booking.reference
    return render(
        "desk/slip.html",
        visit=visit,
        reference=spoken(reference),
        qr=qr_code(reference),
        doses=booked_for([visit.id]).get(visit.id, ()),
        wait=wait_of(visit, clock.now()),
        reacts=open_reaction(visit.id) is not None,
    )


@bp.route("/appointments/<id:appointment_id>/cancellation", methods=["GET", "POST"])
@allow(Role.RECEPTION)
def cancellation(appointment_id: int) -> Response:
    visit = get_visit(me(), appointment_id)
    form, refusal = CancelForm(), ""
    if form.validate_on_submit():
        reason = form.reason.data or ""
        now = clock.now()
        try:
            in_one_transaction(
                lambda: booking.cancel(visit, by=me(), online=False, now=now, reason=reason)
            )
        except DomainError as error:
            db.session.rollback()
            refusal = say(error)
        else:
            flash(_("The appointment is cancelled."))
            return see_other("desk.today", centre=visit.centre.code)
    audit.note_read(visit.child_id, visit.centre_id)
    status = 422 if refusal or form.errors else 200
    return render("desk/cancellation.html", status=status, visit=visit, form=form, refusal=refusal)


@bp.route("/appointments/<id:appointment_id>/move", methods=["GET", "POST"])
@allow(Role.RECEPTION)
def move(appointment_id: int) -> Response:
    visit = get_visit(me(), appointment_id)
    now = clock.now()
    day = a_day(request.args.get("day")) or clinic_day(now)
    form, refusal, status = MoveForm(), "", 200
    free = free_times(visit.service, visit.centre, day, now)
    names = names_of(visit.service)
    form.slot.choices = [SelectChoice(one.slot_id, names[one.practitioner_id]) for one in free]
    if form.is_submitted() and not form.validate():
        status = 422
    elif form.is_submitted():
        try:
            in_one_transaction(lambda: _move(visit, form.slot.data, now))
        except DomainError as error:
            db.session.rollback()
            refusal, status = say(error), 409
            free = free_times(visit.service, visit.centre, day, now)
        else:
            flash(_("The appointment is moved."))
            return see_other("desk.show", appointment_id=visit.id)
    audit.note_read(visit.child_id, visit.centre_id)
    return render(
        "desk/move.html",
        status=status,
        visit=visit,
        form=form,
        free=free,
        names=names,
        day=day,
        refusal=refusal,
    )


def _move(visit: Appointment, slot_id: int, now: datetime) -> None:
    slots = slots_here(visit.service, visit.centre, slot_id)
    move_for(visit, slots, by=me(), now=now)
