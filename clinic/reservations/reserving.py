"""Reserving something of a resource, and releasing it. Verbs flush; the caller commits.

What counts the resource is locked by the room that has it, before any of these is called.
"""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, select, update

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db
from clinic.reservations.models import ReleaseReason, Reservation
from clinic.reservations.queries import is_over, with_visits
from clinic.scheduling.models import Appointment, Slot
from clinic.scheduling.verdict.request import Held

UNSYNCHRONISED = {"synchronize_session": False}
Owner = dict[str, int]  # `hold_id` or `appointment_id`


def owner_of(hold: Held | None, appointment: Appointment | None) -> Owner:
    """Whose a reservation is: of exactly one of these."""
    if hold is not None and appointment is None:
        return {"hold_id": hold.id}
    assert appointment is not None, "a reservation is a hold's or an appointment's"
    assert hold is None, "a reservation has one owner"
    return {"appointment_id": appointment.id}


def visit_of(hold: Held | None, appointment: Appointment | None) -> tuple[int, date]:
    """Its centre and day."""
    visit = appointment or db.session.get_one(Slot, hold.slot_id)  # type: ignore[union-attr]
    return visit.centre_id, clinic_day(visit.starts_at)


def is_live_of(of: type[Reservation], owner: Owner) -> ColumnElement[bool]:
    """Whether it is a live reservation of that kind and owner."""
    theirs = (getattr(of, name) == number for name, number in owner.items())
    return and_(*theirs, of.released_at.is_(None))


def reserve(reservation: Reservation, *, by: Person, now: datetime, **details: object) -> None:
    """Reserve it, with these details on the trail. Raises IntegrityError where there is too little of it."""
    reservation.made_at = now
    db.session.add(reservation)
    db.session.flush()
    kept_for = {"hold_id": reservation.hold_id, "appointment_id": reservation.appointment_id}
    details |= {name: number for name, number in kept_for.items() if number}
    centre_id = reservation.centre_id
    audit.record("reserve", reservation, by=by.id, now=now, centre_id=centre_id, **details)


def hand_over(of: type[Reservation], hold: Held, appointment: Appointment) -> None:
    """The hold's live reservations of that kind are the appointment's from here on. Raises IntegrityError."""
    db.session.execute(
        update(of)
        .where(is_live_of(of, owner_of(hold, None)))
        .values(hold_id=None, appointment_id=appointment.id),
        execution_options=UNSYNCHRONISED,
    )


def release(reservation_ids: Iterable[int], why: ReleaseReason, *, now: datetime) -> None:
    """Release those of these reservations that live."""
    if numbers := list(reservation_ids):
        db.session.execute(
            update(Reservation)
            .where(Reservation.id.in_(numbers), Reservation.released_at.is_(None))
            .values(released_at=now, why_released=why),
            execution_options=UNSYNCHRONISED,
        )


def release_over(of: type[Reservation], centre_id: int, key: str, *, now: datetime) -> None:
    """Release what holds that are over still keep of it, and what visits of days that are past did not use."""
    over = (
        with_visits(select(of.id), of)
        .where(of.centre_id == centre_id, of.key == key)
        .where(is_over(now))
    )
    release(db.session.scalars(over), ReleaseReason.EXPIRED, now=now)
