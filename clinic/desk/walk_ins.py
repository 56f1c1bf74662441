"""A family at the desk or on the phone, with or without an account: registered and booked at once."""

import secrets
from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import joining
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.accounts.queries import find_user
from clinic.booking.on_behalf import book_for, free_times, names_of, slots_here
from clinic.booking.terms import OF_KIND
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.desk.forms import WalkInForm
from clinic.desk.queries import services_at
from clinic.errors import DomainError
from clinic.families import registering
from clinic.families.models import Child, ConsentKind, Relation, Sex
from clinic.families.queries import children_of, has_consented
from clinic.i18n import say
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.wanted import SlotTaken
from clinic.visits import arriving
from clinic.web import filled, render, see_other


def add_pages(bp: Blueprint, centre_asked_for: Callable[[], Centre]) -> None:
    """Add the page and its times to the desk's blueprint."""

    @bp.route("/walk-in", methods=["GET", "POST"])
    @allow(Role.RECEPTION)
    def walk_in() -> Response:
        centre = centre_asked_for()
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
        return render("desk/_times.html", form=_walk_in_form(centre_asked_for()))


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
    form.has_doses = service is not None and service.kind in OF_KIND
    if service and form.day.data:
        form.offer(free_times(service, centre, form.day.data, clock.now()), names_of(service))


def _book_walk_in(form: WalkInForm, centre: Centre, now: datetime) -> Appointment:
    """The family, the child, the booking, and the arrival, all or nothing."""
    service = next(one for one in services_at(centre) if one.id == form.service.data)
    child = _child(form, now)
    slots = slots_here(service, centre, form.slot.data)
    channel = Channel(form.channel.data)
    key = f"desk:{me().id}:{form.key.data}"
    made = book_for(
        child,
        service,
        slots,
        codes=() if form.without.data else None,
        channel=channel,
        by=me(),
        key=key,
        now=now,
    )
    is_here = form.arrived.data and channel is Channel.DESK
    is_today = clinic_day(made.starts_at) == clinic_day(now)
    if is_here and is_today and status_of(made) is Status.BOOKED:
        arriving.check_in(made, by=me(), now=now)
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
