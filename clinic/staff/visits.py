"""What a clinician who leaves still has to come: somebody must take it over."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import joinedload

from clinic.centres.models import Practitioner
from clinic.db import db
from clinic.scheduling.models import Appointment

MOST_SHOWN = 40


def number_to_come(practitioner: Practitioner | None, now: datetime) -> int:
    """How many visits are booked with the practitioner from now on."""
    if practitioner is None:
        return 0
    query = select(func.count()).where(*_to_come(practitioner, now))
    return db.session.scalar(query) or 0


def first_to_come(practitioner: Practitioner | None, now: datetime) -> Sequence[Appointment]:
    """The first of them, with service and room; whose they are is not read."""
    if practitioner is None:
        return []
    query = (
        select(Appointment)
        .where(*_to_come(practitioner, now))
        .options(joinedload(Appointment.service), joinedload(Appointment.room))
        .order_by(Appointment.starts_at, Appointment.id)
        .limit(MOST_SHOWN)
    )
    return db.session.scalars(query).all()


def _to_come(practitioner: Practitioner, now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        Appointment.practitioner_id == practitioner.id,
        Appointment.starts_at >= now,
        Appointment.cancelled_at.is_(None),
        Appointment.displaced_at.is_(None),  # it has a new time to come anyway
    )
