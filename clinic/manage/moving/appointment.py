"""An appointment is moved to another slot from the calendar: first what would become of it."""

from datetime import date, datetime

from flask import Response, flash, request, url_for
from flask_babel import gettext as _
from sqlalchemy import or_, select

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.booking.in_the_way import in_the_way_of_moving
from clinic.booking.nothing_free import why_nothing_is_free
from clinic.booking.on_behalf import against_moving, next_days, request_here
from clinic.booking.other_part import other_part, staff_move
from clinic.centres.models import Practitioner
from clinic.centres.queries import is_self
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.manage.blueprint import bp
from clinic.manage.moving.back import board_asked
from clinic.manage.moving.drops import (
    Drop,
    closures_on,
    free_on,
    slot_meant,
)
from clinic.need_to_know.checking import must_need
from clinic.outside import a_day, a_time, id_of
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import appointments
from clinic.web import leave_for, render


@bp.route("/appointments/<id:appointment_id>/move", methods=["GET", "POST"])
@allow(Deed.MOVE_BOOKINGS)
def move_visit(appointment_id: int) -> Response:
    """A day's free times; one of them chosen, what stands against it; a POST moves as shown.

    The address names a slot, or a day, a time and with whom: so does whoever drags it there.
    """
    appointment, now = _appointment(appointment_id), clock.now()
    if request.method == "GET":
        try:
            return _page(appointment, _slot_asked(appointment, now), now)
        except DomainError as error:
            return _page(appointment, None, now, say(error))
    slot_id = id_of(request.args, "slot") or 0
    version = id_of(request.form, "version") or 0
    try:
        choice = request.form.get("other", "")
        in_one_transaction(
            lambda: staff_move(appointment, slot_id, version, choice, by=me(), now=now)
        )
    except DomainError as error:
        return _page(_appointment(appointment_id), slot_id, now, say(error))
    flash(_("The appointment is moved. No message goes out: please tell the family."))
    return leave_for(_board(appointment, day=clinic_day(appointment.starts_at).isoformat()))


def _appointment(appointment_id: int) -> Appointment:
    """An appointment at a centre that this user manages, or of their own. Raises NoResultFound, RecordClosed."""
    mine = select(Practitioner.id).where(is_self(me()))
    theirs = [Appointment.centre_id.in_(me().centre_ids(Role.MANAGER))]
    if Role.CLINICIAN in me().roles:
        theirs.append(Appointment.practitioner_id.in_(mine))
    query = appointments().where(Appointment.id == appointment_id, or_(*theirs))
    found: Appointment = db.session.execute(query).scalar_one()
    must_need(me(), found.child_id, found.centre_id, Deed.MOVE_BOOKINGS, at_hand=found)
    return found


def _board(appointment: Appointment, **change: str) -> str:
    """The board from which it is moved; else the day, of the centre for its manager."""
    if asked := board_asked(**change):
        return asked
    day = change.get("day", clinic_day(appointment.starts_at).isoformat())
    whole = {"centre": appointment.centre.code} if _is_managed(appointment) else {}
    return url_for("calendar.today", day=day, **whole)  # type: ignore[arg-type]


def _is_managed(appointment: Appointment) -> bool:
    return appointment.centre_id in me().centre_ids(Role.MANAGER)


def _slot_asked(appointment: Appointment, now: datetime) -> int | None:
    """The slot that the address names, or means. Raises DomainError as `slot_meant` does."""
    if slot_id := id_of(request.args, "slot"):
        return slot_id
    wall = a_time(request.args.get("at"))
    if wall is None:
        return None
    drop = Drop(_day(appointment, now), wall, id_of(request.args, "with"))
    return slot_meant(appointment, drop, now=now)


def _page(
    appointment: Appointment, slot_id: int | None, now: datetime, refusal: str = ""
) -> Response:
    wanted, found, other, may_move = None, [], None, False
    try:
        booking.must_be_changeable(appointment, online=False, now=now)
        may_move = True
        if slot_id:
            wanted = request_here(appointment, slot_id, now=now)
            other = other_part(appointment, wanted, online=False, now=now)
            but = [other.part.id] if other else []
            found = against_moving(appointment, wanted, but=but, now=now)
    except DomainError as error:
        refusal = refusal or say(error)
    day = clinic_day(wanted.starts_at) if wanted else _day(appointment, now)
    free = free_on(appointment, day, now=now)
    audit.note_read(appointment.child_id, appointment.centre_id)
    return render(
        "manage/rota_visit.html",
        status=422 if refusal else 200,
        appointment=appointment,
        wanted=wanted,
        against=found,
        other=other,
        in_the_way=in_the_way_of_moving(appointment, wanted, found),
        day=day,
        free=free,
        why=None
        if free or refusal
        else why_nothing_is_free(appointment.service, appointment.centre, day, now),
        next_days=next_days(appointment, day, now=now),
        closed=closures_on(appointment.centre_id, day),
        names={practitioner.id: practitioner for practitioner in appointment.centre.practitioners},
        rooms={room.id: room for room in appointment.centre.rooms},
        refusal=refusal,
        may_move=may_move,
        back=_board(appointment),
    )


def _day(appointment: Appointment, now: datetime) -> date:
    """The day asked for, else the visit's own, or today if that has passed."""
    return a_day(request.args.get("day")) or max(clinic_day(appointment.starts_at), clinic_day(now))
