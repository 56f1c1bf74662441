"""Which reservations live, and which of these are over and were not released yet."""

from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, ColumnElement, Select, and_, func, or_

from clinic.clock import clinic_day, day_bounds
from clinic.reservations.models import Reservation
from clinic.scheduling.models import Appointment, Hold, Slot

visit_starts = func.coalesce(Appointment.starts_at, Slot.starts_at)


def is_to_come(now: datetime) -> ColumnElement[bool]:
    """Whether the visit still takes place: it is today or later, or displaced and will have a new time."""
    return is_from(day_bounds(clinic_day(now))[0])


def is_from(today: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """The same, of what begins at that moment or later."""
    ended = func.coalesce(Appointment.cancelled_at, Appointment.no_show_at, Appointment.done_at)
    is_ahead = or_(Appointment.starts_at >= today, Appointment.displaced_at.is_not(None))
    return and_(ended.is_(None), is_ahead)


def with_visits(
    query: Select[*tuple[Any, ...]], of: type[Reservation] = Reservation
) -> Select[*tuple[Any, ...]]:
    """The live reservations of that kind, with the appointment, or the hold and its slot."""
    return (
        query.select_from(of)
        .outerjoin(Appointment, Appointment.id == of.appointment_id)
        .outerjoin(Hold, Hold.id == of.hold_id)
        .outerjoin(Slot, Slot.id == Hold.slot_id)
        .where(of.released_at.is_(None))
    )


def is_over(now: datetime) -> ColumnElement[bool]:
    """A condition for `with_visits`: the hold is over, or the visit was of a day that is past."""
    hold_is_over = and_(Hold.id.is_not(None), Hold.expires_at <= now)
    return or_(hold_is_over, and_(Appointment.id.is_not(None), ~is_to_come(now)))
