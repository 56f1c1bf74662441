"""What is true of a child and changes its vaccinations: recorded and ended. Verbs flush; the caller commits."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.families.reconciling import reconciled
from clinic.scheduling.models import Appointment
from clinic.sentences import mark
from clinic.vaccination.record.models import ChildCondition, Condition

NAMES = {
    Condition.HBSAG_POSITIVE_MOTHER: mark("Mother HBsAg positive"),
    Condition.HBSAG_UNKNOWN_MOTHER: mark("Mother's HBsAg not known"),
    Condition.HIV_EXPOSED: mark("Exposed to HIV"),
    Condition.IMMUNODEFICIENT: mark("Immune disorder"),
    Condition.PPD_NEGATIVE: mark("Tuberculin test negative"),
    Condition.IMMUNOGLOBULIN: mark("Had immunoglobulin"),
    Condition.PRETERM: mark("Born preterm"),
}


class NotOnThatDay(DomainError):
    message = mark("Enter a day between birth and today.")


def live_conditions(child_ids: Collection[int]) -> dict[int, list[ChildCondition]]:
    """What is true of each of these children today, by id. One query."""
    found: dict[int, list[ChildCondition]] = {child_id: [] for child_id in child_ids}
    live = select(ChildCondition).where(
        ChildCondition.child_id.in_(found), ChildCondition.ended_at.is_(None)
    )
    for row in db.session.scalars(live.order_by(ChildCondition.id)):
        found[row.child_id].append(row)
    return found


def add(
    appointment: Appointment, code: Condition, on: date | None, *, by: Person, now: datetime
) -> ChildCondition:
    """True of the child of this visit from now on; `on` is the day it happened. Raises NotOnThatDay."""
    if on is not None and not appointment.child.birth_date <= on <= clinic_day(now):
        raise NotOnThatDay
    row = ChildCondition(
        child_id=appointment.child_id, code=code, on=on, recorded_at=now, recorded_by_id=by.id
    )
    with reconciled([appointment.child_id], by=by, now=now):
        db.session.add(row)
        db.session.flush()
        audit.record("recorded", row, by=by.id, now=now, centre_id=appointment.centre_id)
    return row


def end(appointment: Appointment, condition_id: int, *, by: Person, now: datetime) -> None:
    """Not true any more. Raises NoResultFound for what is not true of the child of this visit."""
    query = select(ChildCondition).where(
        ChildCondition.id == condition_id,
        ChildCondition.child_id == appointment.child_id,
        ChildCondition.ended_at.is_(None),
    )
    with reconciled([appointment.child_id], by=by, now=now):
        row = db.session.execute(query.with_for_update()).scalar_one()
        row.ended_at, row.ended_by_id = now, by.id
        audit.record("end", row, by=by.id, now=now, centre_id=appointment.centre_id)
