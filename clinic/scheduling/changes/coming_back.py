"""Appointments that lost a time get it back when it is opened again in another session. Verbs flush.

A session that is moved, or a rota that is published, takes sessions out and opens others. Who
still waits for a new time, and finds the old one there with the same clinician, gets it back, as
when a closure is lifted.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.db import db
from clinic.scheduling import places
from clinic.scheduling.changes.session_slots import run_of, slots_in
from clinic.scheduling.models import Appointment, Booking
from clinic.scheduling.queries import appointments
from clinic.scheduling.verdict.request import refusal
from clinic.scheduling.waitlist import offering


def waiting_for_time(
    practitioner_ids: Collection[int], start: datetime, end: datetime
) -> Sequence[Appointment]:
    """Appointments that lost a time with these clinicians in [start, end), the first booked first."""
    query = (
        appointments()
        .where(
            Appointment.practitioner_id.in_(practitioner_ids),
            Appointment.displaced_at.is_not(None),
            Appointment.cancelled_at.is_(None),
            Appointment.no_show_at.is_(None),
            Appointment.starts_at >= start,
            Appointment.ends_at <= end,
        )
        .order_by(None)
        .order_by(Booking.made_at, Appointment.id)
    )
    return db.session.scalars(query).all()


def come_back(
    rows: Iterable[Appointment], where: ColumnElement[bool], *, by: Person, now: datetime
) -> list[Appointment]:
    """Give each of these its old time in sessions that are so, where a place is left there.

    The caller has locked the slots around them, then their children.
    """
    back = []
    for appointment in rows:
        slots = {(row.practitioner_id, row.starts_at): row for row in slots_in(where, now)}
        run = run_of(appointment, slots)
        if not run or any(row.taken >= row.capacity for row in run):
            continue
        try:
            with db.session.begin_nested():
                appointment.displaced_at = appointment.displaced_by_id = None
                appointment.slot_id, appointment.slot_count, appointment.room_id = (
                    run[0].id,
                    len(run),
                    run[0].room_id,
                )
                db.session.flush()
                places.take([row.id for row in run], online=False, appointment_id=appointment.id)
        except IntegrityError as error:
            refusal(error)  # the child is elsewhere by now; anything else goes on as it is
            db.session.refresh(appointment)
            continue
        offering.on_freed(places.end_new_times(appointment.id, now=now), now=now)
        audit.record("restore", appointment, by=by.id, now=now, centre_id=appointment.centre_id)
        back.append(appointment)
    db.session.flush()
    return back
