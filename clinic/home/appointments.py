"""A family's appointments."""

from collections.abc import Collection, Sequence
from datetime import datetime

from flask import Blueprint, Response, flash
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import BooleanField

from clinic import clock
from clinic.accounts import limits
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.booking.other_part import count_cancelling
from clinic.booking.queries import (
    appointments_of,
    booked_with,
    get_appointment,
    movable_with,
    offers_for,
    other_parts,
    remaining_with,
    same_trip,
    waiting_for,
)
from clinic.booking.slips import bring_to
from clinic.centres.queries import closures_over
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.fields import Form, Note
from clinic.home.calendar_file import as_calendar
from clinic.i18n import say
from clinic.qr import qr_code
from clinic.scheduling.appointments import booking, questions
from clinic.scheduling.dayparts import PARTS
from clinic.scheduling.models import Appointment, HoldFor
from clinic.scheduling.references import spoken
from clinic.scheduling.status import Status, status_of
from clinic.services.room import Purpose, must_stay, room_of
from clinic.visits.waits import wait_of
from clinic.web import is_htmx, render, see_other

bp = Blueprint("appointments", __name__, url_prefix="/appointments")


class CancelForm(Form):
    rest = BooleanField(_l("Cancel the later ones of this booking too"))
    other = BooleanField(_l("Cancel the other part of this visit too"))
    reason = Note(_l("Why? (optional)"), most=300)


@bp.get("/")
@allow(Role.PARENT)
def index() -> Response:
    now = clock.now()
    everything = appointments_of(me())
    offered = offers_for(me(), now=now)
    displaced = [
        appointment for appointment in everything if status_of(appointment) is Status.DISPLACED
    ]
    return render(
        "appointments/index.html",
        now=now,
        offered=[hold for hold in offered if hold.purpose is HoldFor.WAITLIST],
        displaced=[
            (appointment, [h for h in offered if h.moves_id == appointment.id])
            for appointment in displaced
        ],
        closures=closures_over(displaced),
        remaining={
            appointment.id: len(_course_with(appointment, everything, now))
            for appointment in displaced
        },
        waiting=waiting_for(me()),
        parts=PARTS,
        upcoming=[appointment for appointment in everything if is_coming(appointment, now)],
        past=[
            appointment
            for appointment in reversed(everything)
            if not is_coming(appointment, now) and appointment not in displaced
        ],
        status_of=status_of,
    )


@bp.get("/<id:appointment_id>")
@allow(Role.PARENT)
def show(appointment_id: int) -> Response:
    appointment = get_appointment(me(), appointment_id)
    now = clock.now()
    wait = wait_of(appointment, now) if appointment.arrived_at else None
    return render(
        "appointments/show.html",
        appointment=appointment,
        reference=spoken(appointment.booking.reference),
        qr=qr_code(appointment.booking.reference),
        standing=(standing := status_of(appointment)),
        closures=closures_over([appointment] if standing is Status.DISPLACED else []),
        is_coming=is_coming(appointment, now),
        rest=(rest := movable_with(appointment, now=now)),
        remaining={appointment.id: len(rest)},
        others=booked_with(me(), appointment),
        bring=bring_to(part.service for part in [appointment, *other_parts(appointment)]),
        room=(room := room_of(appointment.service.kind)),
        purposes=(purposes := room.purposes_of([appointment.id]).get(appointment.id, ())),
        lost=_lost(appointment, {purpose.code for purpose in purposes}),
        holds=[offer for offer in offers_for(me(), now=now) if offer.moves_id == appointment.id],
        may_change=booking.may_change_online(appointment, now=now),
        too_late=booking.too_late(appointment),
        wait=wait,
        must_stay=wait is not None and must_stay(appointment),
    )


def _course_with(
    appointment: Appointment, everything: Sequence[Appointment], now: datetime
) -> list[Appointment]:
    """What still lies ahead of the course that it belongs to, itself too, if it does."""
    course = (appointment.booking_id, appointment.child_id, appointment.service_id)
    return [
        appointment
        for appointment in everything
        if (appointment.booking_id, appointment.child_id, appointment.service_id) == course
        and appointment.starts_at > now
        and status_of(appointment) in (Status.BOOKED, Status.DISPLACED)
    ]


def _lost(appointment: Appointment, kept: Collection[str]) -> list[Purpose]:
    """What the visit was for until a record changed, and is not for now."""
    lost = room_of(appointment.service.kind).lost_purposes_of([appointment.id])
    return [purpose for purpose in lost.get(appointment.id, ()) if purpose.code not in kept]


@bp.post("/<id:appointment_id>/keep")
@allow(Role.PARENT)
def keep(appointment_id: int) -> Response:
    """The visit stays, though something it was booked for has changed."""
    appointment = get_appointment(me(), appointment_id)
    in_one_transaction(lambda: questions.keep(appointment, by=me(), now=clock.now()))
    flash(_("The visit stays as it is."), "success")
    return see_other("appointments.show", appointment_id=appointment_id)


def _cancel(those: Sequence[Appointment], now: datetime, reason: str) -> None:
    """Cancel them; too many in a short time are refused. Raises as the verbs do."""
    count_cancelling(me(), now=now)
    booking.cancel_all(those, by=me(), online=True, now=now, reason=reason)


@bp.get("/<id:appointment_id>/wait")
@allow(Role.PARENT)
def wait(appointment_id: int) -> Response:
    """How long it still takes on the day; a part of the appointment's page that asks again by itself."""
    appointment = get_appointment(me(), appointment_id)
    if not is_htmx():
        return see_other("appointments.show", appointment_id=appointment_id)
    return render(
        "appointments/_wait.html",
        appointment=appointment,
        wait=wait_of(appointment, clock.now()),
        must_stay=must_stay(appointment),
    )


@bp.get("/<id:appointment_id>.ics")
@allow(Role.PARENT)
def calendar_file(appointment_id: int) -> Response:
    appointment = get_appointment(me(), appointment_id)
    return Response(
        as_calendar(appointment),
        mimetype="text/calendar",
        headers={
            "Content-Disposition": f'attachment; filename="{appointment.booking.reference}.ics"'
        },
    )


@bp.route("/<id:appointment_id>/cancellation", methods=["GET", "POST"])
@allow(Role.PARENT)
def cancellation(appointment_id: int) -> Response:
    appointment = get_appointment(me(), appointment_id)
    form = CancelForm()
    if status_of(appointment) is Status.CANCELLED and not form.is_submitted():
        return see_other("appointments.show", appointment_id=appointment_id)
    now = clock.now()
    refusal, may_cancel = "", True
    rest = [one for one in remaining_with(appointment, now=now) if one is not appointment]
    other = same_trip(appointment, now=now)
    try:
        if status_of(appointment) is not Status.CANCELLED:
            booking.must_be_changeable(appointment, online=True, now=now)
        if form.validate_on_submit():
            reason = form.reason.data or ""
            those = [appointment, *(rest if form.rest.data else ())]
            those += other if form.other.data else ()
            in_one_transaction(lambda: _cancel(those, now, reason))
            if len(those) > 1:
                flash(_("%(count)s appointments are cancelled.", count=len(those)))
                return see_other("appointments.index")
            flash(_("The appointment is cancelled."))
            return see_other("appointments.show", appointment_id=appointment_id)
    except DomainError as error:
        refusal, may_cancel = say(error), isinstance(error, limits.TooOften)
    return render(
        "appointments/cancellation.html",
        status=422 if form.errors or (refusal and form.is_submitted()) else 200,
        appointment=appointment,
        form=form,
        refusal=refusal,
        may_cancel=may_cancel,
        rest=rest,
        other=other,
    )


def is_coming(appointment: Appointment, now: datetime) -> bool:
    """Whether it still lies ahead, or is going on: who is here has it until it is finished."""
    standing = status_of(appointment)
    if standing is Status.ARRIVED:
        return clock.clinic_day(appointment.starts_at) >= clock.clinic_day(now)
    return standing is Status.BOOKED and appointment.ends_at > now
