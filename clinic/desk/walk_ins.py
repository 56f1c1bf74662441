"""A family at the desk or on the phone, with or without an account: registered and booked at once."""

import secrets
from datetime import datetime

from flask import Response, flash, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from clinic import audit, clock
from clinic.accounts import joining
from clinic.accounts.access import allow, me
from clinic.accounts.kept_forms import filled
from clinic.accounts.models import User
from clinic.accounts.queries import find_user
from clinic.accounts.rights import Deed
from clinic.accounts.sent_forms import each_time
from clinic.booking.in_the_way import in_the_way
from clinic.booking.nothing_free import why_nothing_is_free
from clinic.booking.on_behalf import (
    book_for,
    free_times,
    names_of,
    slots_here,
)
from clinic.booking.reading import codes_in
from clinic.booking.requirements import requirements_of, said_or_usual
from clinic.centres.models import Centre, Service
from clinic.centres.queries import offered_at
from clinic.clock import clinic_day
from clinic.db import broken_promise, db, in_one_transaction
from clinic.desk.blueprint import bp, centre_asked_for
from clinic.desk.forms import WalkInForm
from clinic.errors import DomainError
from clinic.families import registering
from clinic.families.models import Child, ConsentKind, Relation, Sex
from clinic.families.queries import has_consented, known_child
from clinic.i18n import say
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.request import Request, SlotTaken
from clinic.scheduling.verdict.requirements import NO_CODES, Codes
from clinic.scheduling.verdict.verdict import verdict_of_day
from clinic.services.room import room_of
from clinic.visits import arriving
from clinic.web import render, see_other


@bp.route("/walk-in", methods=["GET", "POST"])
@allow(Deed.CHANGE_BOOKINGS)
def walk_in() -> Response:
    centre = centre_asked_for()
    form = _walk_in_form(centre)
    if form.is_submitted() and "show" not in request.form and form.validate():
        now = clock.now()
        try:
            made = _book(form, centre, now)
        except DomainError as error:
            _offer(form, centre)
            form.slot.errors = [say(error)]
            form.in_the_way = _in_the_way(form, error, centre)
            status = 409 if isinstance(error, SlotTaken) else 422
            return _walk_in_page(form, centre, status)
        flash(_("Booked."))
        return see_other("desk.slip", appointment_id=made.id)
    return _walk_in_page(form, centre, 422 if form.errors else 200)


@bp.post("/walk-in/times")
@each_time("it only looks")
@allow(Deed.CHANGE_BOOKINGS)
def times() -> Response:
    """The free times for what was just chosen; a part of the walk-in page."""
    centre = centre_asked_for()
    return render("desk/_times.html", form=_walk_in_form(centre), centre=centre)


def _in_the_way(form: WalkInForm, error: DomainError, centre: Centre) -> list[Appointment]:
    """What the child has at that time already, here or at another centre."""
    child = _known(form)
    service = next(service for service in _services(centre) if service.id == form.service.data)
    if child is None:
        return []
    try:
        slots = slots_here(service, centre, form.slot.data)
    except SlotTaken:
        return []
    begins = slots[0].starts_at
    found = in_the_way(error, {child.id}, begins, slots[-1].ends_at - begins)
    if found:
        audit.note_read(child.id, centre.id)
    return found


def _walk_in_page(form: WalkInForm, centre: Centre, status: int) -> Response:
    return render("desk/walk_in.html", status=status, form=form, centre=centre)


def _walk_in_form(centre: Centre) -> WalkInForm:
    today = clinic_day(clock.now())
    form = filled(
        WalkInForm,
        today=today,
        services=_services(centre),
        key=secrets.token_urlsafe(12),
        day=today,
    )
    _offer(form, centre)
    return form


def _services(centre: Centre) -> list[Service]:
    """What the centre offers today."""
    return offered_at(centre.id, clinic_day(clock.now()))


def _offer(form: WalkInForm, centre: Centre) -> None:
    """Put the free times of the chosen service and day into the form, and what a known child is due."""
    services = _services(centre)
    service = next((service for service in services if service.id == form.service.data), None)
    service = service or (services[0] if services else None)
    form.purposes = room_of(service.kind).purposes if service else None
    if not service or not form.day.data:
        return
    now = clock.now()
    free = free_times(service, centre, form.day.data, now)
    form.offer(free, names_of(service))
    if not free:
        form.why = why_nothing_is_free(service, centre, form.day.data, now)
    if form.purposes and (child := _known(form)):
        audit.note_read(child.id, centre.id)
        _offer_purposes(form, child, service, centre, now)


def _offer_purposes(
    form: WalkInForm, child: Child, service: Service, centre: Centre, now: datetime
) -> None:
    """Put what the visit can be for into the form, and what stands against what is ticked."""
    assert form.day.data
    day, wanted = form.day.data, Request(child, service)
    required = requirements_of([wanted], _codes(child), today=day, now=now)
    found = verdict_of_day([wanted], required, [centre.id], day)
    if found:  # as it would be booked: with a question, if nothing was said
        required = said_or_usual([wanted], _codes(child), day, now=now)
    form.child_id, form.lines = child.id, required.purposes(child.id)
    form.objection = say(found[0]) if found else ""


def _known(form: WalkInForm) -> Child | None:
    """The child of that guardian, name and birth date."""
    guardian = find_user(form.phone.data) if form.phone.data else None
    if guardian is None or form.birth_date.data is None:
        return None
    return known_child(guardian, form.name.data or "", form.birth_date.data)


def _codes(child: Child) -> Codes:
    """What was ticked for this child; nothing is said if its boxes were not shown."""
    found = codes_in(request.form)
    return {child.id: found[child.id]} if child.id in found else NO_CODES


def _book(form: WalkInForm, centre: Centre, now: datetime) -> Appointment:
    """Book it; if another desk registers this family at the same moment, it is known the second time."""
    try:
        return in_one_transaction(lambda: _book_walk_in(form, centre, now))
    except IntegrityError as error:
        if "phone" not in broken_promise(error):
            raise
        return in_one_transaction(lambda: _book_walk_in(form, centre, now))


def _book_walk_in(form: WalkInForm, centre: Centre, now: datetime) -> Appointment:
    """The family, the child, the booking, and the arrival, all or nothing."""
    service = next(service for service in _services(centre) if service.id == form.service.data)
    child = _child(form, now)
    slots = slots_here(service, centre, form.slot.data)
    channel = Channel(form.channel.data)
    codes = () if form.without.data else codes_in(request.form).get(child.id)
    made = book_for(
        child,
        service,
        slots,
        codes=codes,
        channel=channel,
        by=me(),
        key=f"desk:{me().id}:{form.key.data}",
        now=now,
    )
    is_here = form.arrived.data and channel is Channel.DESK
    is_today = clinic_day(made.starts_at) == clinic_day(now)
    if is_here and is_today and status_of(made) is Status.BOOKED:
        arriving.check_in(made, by=me(), now=now)
    return made


def _child(form: WalkInForm, now: datetime) -> Child:
    """The child if it is known; registered now if it is new."""
    guardian = find_user(form.phone.data)
    if guardian is None:
        guardian = joining.register_guardian(
            name=form.guardian.data or "", phone=form.phone.data, by=me(), now=now
        )
    # Another desk that has the same child waits here, and then finds it. Who keeps a place for the
    # guardian, and has its slot locked, need not wait.
    theirs = select(User.id).where(User.id == guardian.id)
    db.session.execute(theirs.with_for_update(key_share=True))
    if not has_consented(guardian):
        registering.record_consents(guardian, list(ConsentKind), language="zh", by=me(), now=now)
    return _known(form) or registering.register_child(
        guardian=guardian,
        relation=Relation(form.relation.data),
        name=form.name.data or "",
        sex=Sex(form.sex.data),
        birth_date=form.birth_date.data,  # type: ignore[arg-type]
        by=me(),
        now=now,
    )
