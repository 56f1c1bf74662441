"""Reception: today's arrivals, walk-ins, and visits changed on behalf of families."""

import secrets
from datetime import date, datetime

from flask import Blueprint, Response, abort, flash, request
from flask_babel import gettext as _
from sqlalchemy.exc import NoResultFound
from wtforms.fields import SelectChoice

from clinic import audit, clock
from clinic.accounts import joining
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.accounts.queries import find_user
from clinic.booking.slips import qr_code
from clinic.centres.models import Centre, Service
from clinic.centres.queries import practitioners_for
from clinic.clock import clinic_day, day_bounds
from clinic.db import db, in_one_transaction
from clinic.desk.forms import CancelForm, MoveForm, WalkInForm
from clinic.desk.queries import (
    arrivals,
    centres_of,
    found_among,
    get_visit,
    phones_of,
    services_at,
    totals,
)
from clinic.errors import DomainError
from clinic.families import registering
from clinic.families.models import Child, ConsentKind, Relation, Sex
from clinic.families.queries import children_of, has_consented
from clinic.i18n import name_of, say
from clinic.scheduling import attendance, booking, rules
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.queries import Offer, SlotFacts, by_reference, offers, slots_for
from clinic.scheduling.references import parse_reference, spoken
from clinic.scheduling.status import LABELS, Status, status_of
from clinic.scheduling.turns import in_order
from clinic.scheduling.wanted import SlotTaken, Wanted
from clinic.web import filled, is_htmx, render, see_other

bp = Blueprint("desk", __name__, url_prefix="/desk")


@bp.get("/")
@allow(Role.RECEPTION)
def today() -> Response:
    return _list(_centre(), "")


@bp.post("/search")
@allow(Role.RECEPTION)
def search() -> Response:
    """A POST, so that no name or number gets into an address or a log."""
    return _list(_centre(), request.form.get("q", "").strip()[:60])


def _centre() -> Centre:
    """The centre that this desk works for: the one asked for, or the first."""
    mine = centres_of(me())
    if code := request.args.get("centre"):
        mine = [one for one in mine if one.code == code]
    return mine[0] if mine else abort(404)


def _list(centre: Centre, typed: str, refusal: str = "") -> Response:
    now = clock.now()
    rows = arrivals(centre, now)
    found, late = in_order(found_among(rows, typed))
    return render(
        "desk/today.html",
        partial="desk/_arrivals.html",
        status=422 if refusal else 200,
        centre=centre,
        centres=centres_of(me()),
        rows=found,
        late=late,
        totals=totals(rows),
        typed=typed,
        elsewhen=_another_day(centre, typed) if typed and not found else [],
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


@bp.post("/appointments/<int:appointment_id>/arrival")
@allow(Role.RECEPTION)
def check_in(appointment_id: int) -> Response:
    return _arrive(appointment_id, attendance.check_in)


@bp.post("/appointments/<int:appointment_id>/arrival/undo")
@allow(Role.RECEPTION)
def undo(appointment_id: int) -> Response:
    return _arrive(appointment_id, attendance.undo_check_in)


def _arrive(appointment_id: int, verb: object) -> Response:
    visit = get_visit(me(), appointment_id)
    centre, refusal = visit.centre, ""
    try:
        in_one_transaction(lambda: verb(visit, by=me(), now=clock.now()))  # type: ignore[operator]
    except DomainError as error:
        db.session.rollback()
        refusal = say(error)
    if refusal or is_htmx():
        return _list(centre, request.form.get("q", "").strip()[:60], refusal)
    return see_other("desk.today", centre=centre.code, _anchor=f"visit-{appointment_id}")


@bp.get("/appointments/<int:appointment_id>")
@allow(Role.RECEPTION)
def show(appointment_id: int) -> Response:
    visit = get_visit(me(), appointment_id)
    audit.note_read(
        "children", visit.child_id, by=me().id, now=clock.now(), centre_id=visit.centre_id
    )
    return render(
        "desk/show.html",
        visit=visit,
        reference=spoken(visit.booking.reference),
        standing=status_of(visit),
        labels=LABELS,
        is_today=clinic_day(visit.starts_at) == clinic_day(clock.now()),
    )


@bp.get("/appointments/<int:appointment_id>/slip")
@allow(Role.RECEPTION)
def slip(appointment_id: int) -> Response:
    visit = get_visit(me(), appointment_id)
    reference = visit.booking.reference
    return render("desk/slip.html", visit=visit, reference=spoken(reference), qr=qr_code(reference))


@bp.route("/appointments/<int:appointment_id>/cancellation", methods=["GET", "POST"])
@allow(Role.RECEPTION)
def cancellation(appointment_id: int) -> Response:
    visit = get_visit(me(), appointment_id)
    form, refusal = filled(CancelForm), ""
    if form.validate_on_submit():
        reason = (form.reason.data or "").strip()
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
    status = 422 if refusal or form.errors else 200
    return render("desk/cancellation.html", status=status, visit=visit, form=form, refusal=refusal)


@bp.route("/appointments/<int:appointment_id>/move", methods=["GET", "POST"])
@allow(Role.RECEPTION)
def move(appointment_id: int) -> Response:
    visit = get_visit(me(), appointment_id)
    now = clock.now()
    day = _day(request.args.get("day"), clinic_day(now))
    form, refusal, status = MoveForm(), "", 200
    free = _free(visit.service, visit.centre, day, now)
    names = _names(visit.service)
    form.slot.choices = [SelectChoice(one.slot_id, names[one.practitioner_id]) for one in free]
    if form.is_submitted() and not form.validate():
        status = 422
    elif form.is_submitted():
        try:
            in_one_transaction(lambda: _move(visit, form.slot.data, now))
        except DomainError as error:
            db.session.rollback()
            refusal, status = say(error), 409
            free = _free(visit.service, visit.centre, day, now)
        else:
            flash(_("The appointment is moved."))
            return see_other("desk.show", appointment_id=visit.id)
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
    wanted = Wanted(visit.child, visit.service, _slots(visit.service, visit.centre, slot_id))
    booking.move(visit, wanted, by=me(), online=False, now=now)


def _slots(service: Service, centre: Centre, slot_id: int) -> tuple[SlotFacts, ...]:
    """The slots from that one on. Raises SlotTaken for what this centre does not offer any more."""
    try:
        slots = slots_for(service, slot_id)
    except NoResultFound as error:
        raise SlotTaken from error
    if slots[0].centre_id != centre.id:
        raise SlotTaken
    return slots


def _day(text: str | None, otherwise: date) -> date:
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return otherwise


def _free(service: Service, centre: Centre, day: date, now: datetime) -> list[Offer]:
    start, end = day_bounds(day)
    found = offers(service, [centre.id], start, end, now=now, online=False)
    return [one for one in found if one.is_free and one.ends_at > now]


def _names(service: Service) -> dict[int, str]:
    return {one.id: name_of(one) for one in practitioners_for(service)}


@bp.route("/walk-in", methods=["GET", "POST"])
@allow(Role.RECEPTION)
def walk_in() -> Response:
    centre = _centre()
    form = _walk_in_form(centre)
    if form.is_submitted() and "show" not in request.form and form.validate():
        now = clock.now()
        try:
            made = in_one_transaction(lambda: _book_walk_in(form, centre, now))
        except DomainError as error:
            db.session.rollback()
            _offer(form, centre)
            form.slot.errors = [say(error)]
            status = 409 if isinstance(error, SlotTaken) else 422
            return _walk_in_page(form, centre, status)
        flash(_("Booked."))
        return see_other("desk.slip", appointment_id=made.id)
    return _walk_in_page(form, centre, 422 if form.errors else 200)


@bp.post("/walk-in/times")
@allow(Role.RECEPTION)
def times() -> Response:
    """The free times for what was just chosen; a part of the walk-in page."""
    return render("desk/_times.html", form=_walk_in_form(_centre()))


def _walk_in_page(form: WalkInForm, centre: Centre, status: int) -> Response:
    return render("desk/walk_in.html", status=status, form=form, centre=centre)


def _walk_in_form(centre: Centre) -> WalkInForm:
    today = clinic_day(clock.now())
    form = filled(
        WalkInForm,
        today=today,
        services=services_at(centre),
        key=secrets.token_urlsafe(12),
        day=today,
    )
    _offer(form, centre)
    return form


def _offer(form: WalkInForm, centre: Centre) -> None:
    """Put the free times of the chosen service and day into the form."""
    services = services_at(centre)
    service = next((one for one in services if one.id == form.service.data), None)
    service = service or (services[0] if services else None)
    if service and form.day.data:
        form.offer(_free(service, centre, form.day.data, clock.now()), _names(service))


def _book_walk_in(form: WalkInForm, centre: Centre, now: datetime) -> Appointment:
    """The family, the child, the booking, and the arrival, all or nothing."""
    service = next(one for one in services_at(centre) if one.id == form.service.data)
    child = _child(form, now)
    wanted = Wanted(child, service, _slots(service, centre, form.slot.data))
    channel = Channel(form.channel.data)
    key = f"desk:{me().id}:{form.key.data}"
    made = booking.book([wanted], by=me(), key=key, channel=channel, now=now).appointments[0]
    is_here = form.arrived.data and channel is Channel.DESK
    is_today = clinic_day(made.starts_at) == clinic_day(now)
    if is_here and is_today and status_of(made) is Status.BOOKED:
        attendance.check_in(made, by=me(), now=now)
    return made


def _child(form: WalkInForm, now: datetime) -> Child:
    """The child of that guardian, name and birth date; registered now if it is new."""
    phone: str = form.phone.normalised  # type: ignore[attr-defined]
    guardian = find_user(phone)
    if guardian is None:
        guardian = joining.register_guardian(
            name=form.guardian.data or "", phone=phone, by=me(), now=now
        )
    if not has_consented(guardian):
        registering.record_consents(guardian, list(ConsentKind), language="zh", by=me(), now=now)
    for child in children_of(guardian):
        if (child.name, child.birth_date) == (form.name.data, form.birth_date.data):
            return child
    return registering.register_child(
        guardian=guardian,
        relation=Relation(form.relation.data),
        name=form.name.data or "",
        sex=Sex(form.sex.data),
        birth_date=form.birth_date.data,  # type: ignore[arg-type]
        by=me(),
        now=now,
    )
