"""The slots of sessions, and those that make up an appointment's time. Read only."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, select

from clinic.db import db
from clinic.scheduling.models import Appointment, ClinicSession, Slot
from clinic.scheduling.verdict.consecutive import consecutive


def slots_in(where: ColumnElement[bool], now: datetime) -> Sequence[Row[*tuple[Any, ...]]]:
    """The open slots to come of sessions that are so, with their places and their room."""
    query = (
        select(
            Slot.id,
            Slot.practitioner_id,
            Slot.starts_at,
            Slot.ends_at,
            Slot.capacity,
            Slot.taken,
            Slot.online_capacity,
            Slot.online_taken,
            ClinicSession.room_id,
        )
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(where, Slot.closed_at.is_(None), Slot.starts_at > now)
    )
    return db.session.execute(query).all()


def run_of(
    appointment: Appointment, slots: Mapping[tuple[int, datetime], Row[*tuple[Any, ...]]]
) -> list[Row[*tuple[Any, ...]]]:
    """The consecutive slots of its clinician that make up exactly its time, or none."""

    def slot_at(moment: datetime) -> Row[*tuple[Any, ...]] | None:
        return slots.get((appointment.practitioner_id, moment))

    run = consecutive(slot_at, appointment.starts_at, appointment.ends_at)
    return run if run and run[-1].ends_at == appointment.ends_at else []
