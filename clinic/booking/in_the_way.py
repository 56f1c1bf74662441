"""Which visits of the same children stand against a booking at that time."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import appointments
from clinic.scheduling.verdict.request import ChildBusy, Refused, Request
from clinic.scheduling.verdict.rules import Objection


def in_the_way(
    error: DomainError,
    child_ids: Collection[int],
    begins: datetime,
    lasts: timedelta,
    *,
    but: Appointment | None = None,
) -> list[Appointment]:
    """The visits that these children have within that time, if the refusal is about that."""
    codes = (
        {objection.code for objection in error.objections} if isinstance(error, Refused) else set()
    )
    if not isinstance(error, ChildBusy) and "child_busy" not in codes:
        return []
    query = appointments().where(
        Appointment.child_id.in_(child_ids),
        Appointment.id != (but.id if but else 0),
        Appointment.starts_at < begins + lasts,
        Appointment.ends_at > begins,
        Appointment.cancelled_at.is_(None),
        Appointment.no_show_at.is_(None),
        Appointment.displaced_at.is_(None),
    )
    return list(db.session.scalars(query))


def in_the_way_of_moving(
    appointment: Appointment, wanted: Request | None, objections: Sequence[Objection]
) -> list[Appointment]:
    """The child's other visits at the time to which this one is to move, if that is objected to."""
    if wanted is None or not objections:
        return []
    lasts = wanted.slots[-1].ends_at - wanted.starts_at
    children = {appointment.child_id}
    return in_the_way(Refused(objections), children, wanted.starts_at, lasts, but=appointment)
