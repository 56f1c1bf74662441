"""A family's visit gets another time, or is cancelled: shown first, then done as it was shown."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts import limits
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed
from clinic.booking.in_the_way import in_the_way_of_moving
from clinic.booking.nothing_free import why_nothing_is_free
from clinic.booking.on_behalf import (
    against_moving,
    free_times,
    next_days,
    request_here,
)
from clinic.booking.other_part import other_part, staff_move, staff_move_back
from clinic.booking.queries import same_trip
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.desk.blueprint import bp
from clinic.desk.forms import CancelForFamilyForm
from clinic.desk.history import history_of, moved_together
from clinic.desk.queries import get_appointment
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import a_day, id_of, ids_of
from clinic.scheduling.appointments import booking
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.models import Appointment
from clinic.web import render, see_other, shown_on


@bp.route("/appointments/<id:appointment_id>/move", methods=["GET", "POST"])
@allow(Deed.CHANGE_BOOKINGS)
def move(appointment_id: int) -> Response:
    """A day's free times; one of them chosen, what would change; a POST moves as shown."""
    appointment, now = get_appointment(me(), appointment_id, Deed.CHANGE_BOOKINGS), clock.now()
    slot_id = id_of(request.args, "slot")
    if request.method == "GET":
        return _page(appointment, slot_id, now)
    if slot_id is None:
        return _page(appointment, None, now, _("Choose a time."))
    version = id_of(request.form, "version") or 0
    try:
        choice = request.form.get("other", "")
        in_one_transaction(
            lambda: staff_move(appointment, slot_id, version, choice, by=me(), now=now)
        )
    except DomainError as error:
        return _page(
            get_appointment(me(), appointment_id, Deed.CHANGE_BOOKINGS), slot_id, now, say(error)
        )
    flash(_("The appointment is moved. No message goes out: please tell the family."))
    return see_other("desk.show", appointment_id=appointment.id)


@bp.post("/appointments/<id:appointment_id>/move/back")
@allow(Deed.CHANGE_BOOKINGS)
@shown_on("desk.show")
def move_back(appointment_id: int) -> Response:
    """The last move is taken back: of all parts of the visit that it moved, if they are as shown."""
    appointment, now = get_appointment(me(), appointment_id, Deed.CHANGE_BOOKINGS), clock.now()
    moved = moved_together(appointment, history_of(appointment), now=now)
    slot_of = {visit.id: deed.before_slot for visit, deed in moved if deed.before_slot}
    versions = ids_of(request.form, "version")
    try:
        if not moved or len(versions) != len(moved):
            raise NotAsShown
        shown = dict(zip((visit for visit, _deed in moved), versions, strict=True))
        in_one_transaction(lambda: staff_move_back(shown, slot_of, by=me(), now=now))
    except DomainError as error:
        again = get_appointment(me(), appointment_id, Deed.CHANGE_BOOKINGS)
        return _page(again, slot_of.get(appointment_id), now, say(error))
    flash(_("The appointment is moved. No message goes out: please tell the family."))
    return see_other("desk.show", appointment_id=appointment.id)


def _page(
    appointment: Appointment, slot_id: int | None, now: datetime, refusal: str = ""
) -> Response:
    audit.note_read(appointment.child_id, appointment.centre_id)
    wanted, objections, other, may_move = None, [], None, False
    try:
        booking.must_be_changeable(appointment, online=False, now=now)
        may_move = True
        if slot_id:
            wanted = request_here(appointment, slot_id, now=now)
            other = other_part(appointment, wanted, online=False, now=now)
            but = [other.part.id] if other else []
            objections = against_moving(appointment, wanted, but=but, now=now)
    except DomainError as error:
        refusal = refusal or say(error)
    own_day = max(clinic_day(appointment.starts_at), clinic_day(now))
    asked = clinic_day(wanted.starts_at) if wanted else a_day(request.args.get("day"))
    day = max(asked or own_day, clinic_day(now))
    free = free_times(appointment.service, appointment.centre, day, now)
    return render(
        "desk/move.html",
        status=409 if refusal else 200,
        appointment=appointment,
        wanted=wanted,
        objections=objections,
        other=other,
        in_the_way=in_the_way_of_moving(appointment, wanted, objections),
        day=day,
        free=free,
        why=None
        if free
        else why_nothing_is_free(appointment.service, appointment.centre, day, now),
        next_days=next_days(appointment, day, now=now),
        names={practitioner.id: practitioner for practitioner in appointment.centre.practitioners},
        rooms={room.id: room for room in appointment.centre.rooms},
        refusal=refusal,
        may_move=may_move,
    )


@bp.route("/appointments/<id:appointment_id>/cancellation", methods=["GET", "POST"])
@allow(Deed.CHANGE_BOOKINGS)
def cancellation(appointment_id: int) -> Response:
    appointment, now = get_appointment(me(), appointment_id, Deed.CHANGE_BOOKINGS), clock.now()
    form, refusal, other = CancelForFamilyForm(), "", same_trip(appointment, now=now)
    if form.validate_on_submit():
        reason = form.reason.data or ""
        those = [appointment, *(other if form.other.data else ())]
        try:
            in_one_transaction(lambda: _cancel(those, reason, now))
        except DomainError as error:
            refusal = say(error)
        else:
            flash(_("The appointment is cancelled. No message goes out: please tell the family."))
            return see_other("desk.today", centre=appointment.centre.code)
    try:
        booking.must_be_changeable(appointment, online=False, now=now, cancelling=True)
        may_cancel = True
    except DomainError as error:
        refusal, may_cancel = say(error), False
    audit.note_read(appointment.child_id, appointment.centre_id)
    return render(
        "desk/cancellation.html",
        status=422 if refusal or form.errors else 200,
        appointment=appointment,
        form=form,
        other=other,
        refusal=refusal,
        may_cancel=may_cancel,
    )


def _cancel(those: Sequence[Appointment], reason: str, now: datetime) -> None:
    """Cancel them; more in a short time than any desk has are refused, which is noted."""
    try:
        limits.spend(limits.CANCELLING_AT_DESK, str(me().id), now=now)
    except limits.TooOften:
        audit.note_once("cancelling", "too often", "users", me().id, centre_id=those[0].centre_id)
        raise
    booking.cancel_all(those, by=me(), online=False, now=now, reason=reason)
