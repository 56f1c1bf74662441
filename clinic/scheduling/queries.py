"""Reading appointments, by reference too, and what sessions give. One query each."""

from collections.abc import Collection

from sqlalchemy import Select, select
from sqlalchemy.orm import joinedload

from clinic.centres.models import Service
from clinic.db import db
from clinic.scheduling.models import (
    Appointment,
    Booking,
    Slot,
    SlotService,
)


def appointments() -> Select[Appointment]:
    """Appointments with everything that a list shows, earliest first; narrow it down with `where`."""
    return (
        select(Appointment)
        .join(Appointment.booking)
        .options(
            joinedload(Appointment.booking),
            joinedload(Appointment.child),
            joinedload(Appointment.service),
            joinedload(Appointment.centre),
            joinedload(Appointment.practitioner),
            joinedload(Appointment.room),
        )
        .order_by(Appointment.starts_at, Appointment.id)
    )


def by_reference(reference: str, centre_id: int) -> list[Appointment]:
    """The appointments of a booking at this centre, by its bare reference."""
    return list(
        db.session.scalars(
            appointments().where(Booking.reference == reference, Appointment.centre_id == centre_id)
        )
    )


def services_given(session_ids: Collection[int]) -> dict[int, list[Service]]:
    """What is given in each of these sessions, by its id. One query."""
    given: dict[int, list[Service]] = {session_id: [] for session_id in session_ids}
    pairs = (
        select(Slot.clinic_session_id, Service)
        .join(SlotService, SlotService.slot_id == Slot.id)
        .join(Service, Service.id == SlotService.service_id)
        .where(Slot.clinic_session_id.in_(given))
        .distinct()
        .order_by(Service.id)
    )
    for session_id, service in db.session.execute(pairs):
        given[session_id].append(service)
    return given
