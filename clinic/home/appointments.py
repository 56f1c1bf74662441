"""A family's appointments."""

from datetime import datetime, timedelta

from flask import Blueprint, Response, flash, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from icalendar import Alarm, Calendar, Event
from wtforms import TextAreaField
from wtforms.validators import Length

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.booking.queries import appointments_of, get_appointment
from clinic.booking.slips import qr_code
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import name_of, say
from clinic.scheduling import booking
from clinic.scheduling.models import Appointment
from clinic.scheduling.references import spoken
from clinic.scheduling.status import LABELS, Status, status_of
from clinic.web import render, see_other

bp = Blueprint("appointments", __name__, url_prefix="/appointments")


class CancelForm(FlaskForm):
    reason = TextAreaField(
        _l("Why? (optional)"),
        validators=[Length(max=300, message=_l("Please keep it to 300 characters."))],
    )


@bp.get("/")
@allow(Role.PARENT)
def index() -> Response:
    now = clock.now()
    everything = appointments_of(me())
    return render(
        "appointments/index.html",
        upcoming=[one for one in everything if is_coming(one, now)],
        past=[one for one in reversed(everything) if not is_coming(one, now)],
        status_of=status_of,
        labels=LABELS,
    )


@bp.get("/<int:appointment_id>")
@allow(Role.PARENT)
def show(appointment_id: int) -> Response:
    appointment = get_appointment(me(), appointment_id)
    now = clock.now()
    return render(
        "appointments/show.html",
        appointment=appointment,
        reference=spoken(appointment.booking.reference),
        qr=qr_code(appointment.booking.reference),
        standing=status_of(appointment),
        labels=LABELS,
        is_coming=is_coming(appointment, now),
        may_change=booking.may_change_online(appointment, now=now),
    )


@bp.get("/<int:appointment_id>.ics")
@allow(Role.PARENT)
def calendar_file(appointment_id: int) -> Response:
    appointment = get_appointment(me(), appointment_id)
    return Response(
        as_calendar(appointment, now=clock.now()),
        mimetype="text/calendar",
        headers={
            "Content-Disposition": f'attachment; filename="{appointment.booking.reference}.ics"'
        },
    )


@bp.route("/<int:appointment_id>/cancellation", methods=["GET", "POST"])
@allow(Role.PARENT)
def cancellation(appointment_id: int) -> Response:
    appointment = get_appointment(me(), appointment_id)
    form = CancelForm()
    now = clock.now()
    refusal = ""
    try:
        if status_of(appointment) is not Status.CANCELLED:
            booking.must_be_changeable(appointment, online=True, now=now)
        if form.validate_on_submit():
            reason = (form.reason.data or "").strip()
            in_one_transaction(
                lambda: booking.cancel(appointment, by=me(), online=True, now=now, reason=reason)
            )
            flash(_("The appointment is cancelled."))
            return see_other("appointments.index")
    except DomainError as error:
        db.session.rollback()
        refusal = say(error)
    return render(
        "appointments/cancellation.html",
        status=422 if form.errors or (refusal and form.is_submitted()) else 200,
        appointment=appointment,
        form=form,
        refusal=refusal,
    )


def is_coming(appointment: Appointment, now: datetime) -> bool:
    """Whether it still lies ahead, or is going on."""
    return appointment.ends_at > now and status_of(appointment) in (
        Status.BOOKED,
        Status.ARRIVED,
    )


def as_calendar(appointment: Appointment, *, now: datetime) -> bytes:
    """The appointment as a calendar file, with a reminder a day before. It names no child."""
    event = Event()
    event.add("uid", f"{appointment.booking.reference}-{appointment.id}@appointments")
    event.add("dtstamp", now)
    event.add("dtstart", appointment.starts_at.astimezone(clock.zone()))
    event.add("dtend", appointment.ends_at.astimezone(clock.zone()))
    event.add("summary", name_of(appointment.service))
    centre = appointment.centre
    event.add("location", f"{name_of(centre)}, {name_of(centre, 'address')}")
    event.add("geo", (centre.latitude, centre.longitude))
    event.add("description", spoken(appointment.booking.reference))
    event.add(
        "url",
        url_for("appointments.show", appointment_id=appointment.id, _external=True),
    )
    if status_of(appointment) is Status.CANCELLED:
        event.add("status", "CANCELLED")
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", name_of(appointment.service))
    alarm.add("trigger", timedelta(days=-1))
    event.add_component(alarm)
    calendar = Calendar()
    calendar.add("prodid", "-//clinic//appointments//")
    calendar.add("version", "2.0")
    calendar.add_component(event)
    calendar.add_missing_timezones()
    return bytes(calendar.to_ical())
