"""What of health checks hangs on a child's record: see `clinic.families.again`. Nothing is promised here."""

from collections.abc import Collection
from datetime import date, datetime

from sqlalchemy import select

from clinic.accounts.models import Person
from clinic.checkups.models import CheckVisit, Measurement
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import mark


class MeasuredBeforeBirth(DomainError):
    message = mark(
        "A measurement or a check of %(day)s is on record, before that date of birth. "
        "Please correct that first."
    )


def must_fit(child_id: int, birth_date: date) -> None:
    """Nobody is measured before birth. Raises MeasuredBeforeBirth."""
    measured = select(Measurement.measured_on).where(
        Measurement.child_id == child_id,
        Measurement.voided_at.is_(None),
        Measurement.measured_on < birth_date,
    )
    checked = select(CheckVisit.done_on).where(
        CheckVisit.child_id == child_id, CheckVisit.done_on < birth_date
    )
    if day := db.session.scalar(measured.union_all(checked).limit(1)):
        raise MeasuredBeforeBirth(day=day)


def lock(child_ids: Collection[int]) -> None:
    """Nothing is changed by `look`."""


def look(child_ids: Collection[int], *, by: Person, now: datetime) -> None:
    """What is due is worked out when it is asked for."""
