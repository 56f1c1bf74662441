"""Once a day: what has been kept for as long as it must be is deleted."""

from datetime import datetime, time

from sqlalchemy import select

from clinic.clock import at, clinic_day
from clinic.db import db, in_one_transaction
from clinic.privacy.holdings import found
from clinic.privacy.models import ChildRemoval
from clinic.privacy.removing import delete_empty, delete_what_may_go
from clinic.privacy.retention import delete_but, must_stay, periods, years_before
from clinic.scheduling.models import Appointment

AT_ONCE = 200  # appointments in one transaction


def delete_what_is_over(*, now: datetime) -> int:
    """Delete old appointments that nobody came to, and what is left of removed children whose time is
    over; how many appointments and children. Each transaction is short."""
    return _old_appointments(now=now) + _removed_children(now=now)


def _old_appointments(*, now: datetime) -> int:
    """Those that were cancelled or missed before the period of `bookings`."""
    years = periods()["bookings"].years
    assert years is not None
    before = at(years_before(clinic_day(now), years), time())
    deleted = 0
    while some := in_one_transaction(lambda: _delete_some(before, now)):
        deleted += some
    return deleted


def _delete_some(before: datetime, now: datetime) -> int:
    old = (
        select(Appointment.id)
        .where(
            Appointment.starts_at < before,
            Appointment.arrived_at.is_(None),
            Appointment.done_at.is_(None),
        )
        .order_by(Appointment.starts_at)
        .limit(AT_ONCE)
    )
    rows = found("appointments", list(db.session.scalars(old)))
    delete_but(rows, must_stay(rows, clinic_day(now)))
    delete_empty({row["booking_id"] for row in rows["appointments"]}, ())
    return len(rows["appointments"])


def _removed_children(*, now: datetime) -> int:
    """Those of whom the last row may go now."""
    left = select(ChildRemoval.child_id).where(ChildRemoval.finished_at.is_(None))
    child_ids = list(db.session.scalars(left.order_by(ChildRemoval.child_id)))
    return sum(
        in_one_transaction(lambda child_id=child_id: delete_what_may_go(child_id, now=now))  # type: ignore[misc]
        for child_id in child_ids
    )
