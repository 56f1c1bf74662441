"""Reception: a visit and its slip; the other pages of the desk are added from their modules."""

from flask import Response

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.booking.queries import other_parts
from clinic.booking.slips import bring_to
from clinic.clock import clinic_day
from clinic.desk import (
    asking,
    checking_in,
    contacts,
    ending,
    moving,
    queue,
    screen,
    sign_in_slip,
    walk_ins,
)
from clinic.desk.blueprint import bp
from clinic.desk.history import history_of, moved_together
from clinic.desk.queries import get_appointment
from clinic.qr import qr_code
from clinic.scheduling.references import spoken
from clinic.scheduling.status import status_of
from clinic.services.room import answers_of, must_stay, room_of
from clinic.visits.waits import wait_of
from clinic.web import render

__all__ = ["PAGES", "bp"]
# Importing them puts their pages into `bp`.
PAGES = (
    asking,
    checking_in,
    contacts,
    ending,
    moving,
    queue,
    screen,
    sign_in_slip,
    walk_ins,
)


@bp.get("/appointments/<id:appointment_id>")
@allow(Deed.SEE_BOOKINGS)
def show(appointment_id: int) -> Response:
    """What reception does about a visit; the centre's manager may look, and it is written down."""
    appointment, now = get_appointment(me(), appointment_id, Deed.SEE_BOOKINGS), clock.now()
    audit.note_read(appointment.child_id, appointment.centre_id)
    history = history_of(appointment)
    return render(
        "desk/show.html",
        appointment=appointment,
        reference=spoken(appointment.booking.reference),
        standing=status_of(appointment),
        is_today=clinic_day(appointment.starts_at) == clinic_day(now),
        purposes=room_of(appointment.service.kind)
        .purposes_of([appointment.id])
        .get(appointment.id, ()),
        history=history,
        health=answers_of([appointment], now).get(appointment.id),
        moved=moved_together(appointment, history, now=now),
        is_at_desk=appointment.centre_id in me().centre_ids(Role.RECEPTION),
        day=clinic_day(appointment.starts_at),
        may_need_slip=bool(sign_in_slip.never_signed_in(appointment)),
    )


@bp.get("/appointments/<id:appointment_id>/slip")
@allow(Deed.CHECK_IN)
def slip(appointment_id: int) -> Response:
    appointment, now = get_appointment(me(), appointment_id), clock.now()
    audit.note_read(appointment.child_id, appointment.centre_id)
    reference = appointment.booking.reference
    return render(
        "desk/slip.html",
        appointment=appointment,
        bring=bring_to(part.service for part in [appointment, *other_parts(appointment)]),
        reference=spoken(reference),
        qr=qr_code(reference),
        purposes=room_of(appointment.service.kind)
        .purposes_of([appointment.id])
        .get(appointment.id, ()),
        wait=wait_of(appointment, now),
        health=answers_of([appointment], now).get(appointment.id),
        must_stay=must_stay(appointment),
        may_need_slip=bool(sign_in_slip.never_signed_in(appointment)),
    )
