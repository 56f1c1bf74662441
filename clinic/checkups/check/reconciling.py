"""What of health checks hangs on a child's record: the visits that are booked for the next check.

See `clinic.families.reconciling`. Which check a visit is for is not kept, but worked out from the checks
that were on record when it was booked.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from clinic.accounts.models import Person
from clinic.checkups.check.queries import IS_HEALTH_CHECK
from clinic.checkups.due.next_check import due
from clinic.checkups.due.plan import CheckMade, checks_done, made_of
from clinic.checkups.models import CheckVisit, Measurement
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.appointments import questions
from clinic.scheduling.models import Appointment, Question
from clinic.sentences import mark


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
    """The children are locked already, and with them their visits."""


def reconcile(child_ids: Collection[int], *, by: Person, now: datetime) -> None:
    """Ask about a visit whose check was made meanwhile, at another visit."""
    appointments = _appointments(child_ids, now)
    if not appointments:
        return
    made = made_of(child_ids)
    over = [visit for visit in appointments if _is_over(visit, made[visit.child_id])]
    asked = [visit for visit in over if visit.kept_at is None]
    questions.ask(asked, Question.NOTHING_LEFT, now=now)
    questions.withdraw(
        [visit for visit in appointments if visit.question and visit not in over], now=now
    )


def _appointments(child_ids: Collection[int], now: datetime) -> Sequence[Appointment]:
    """The health checks to come of these children; what is asked about the age goes first."""
    query = select(Appointment).where(
        Appointment.child_id.in_(child_ids),
        Appointment.starts_at >= day_bounds(clinic_day(now))[0],
        func.coalesce(Appointment.cancelled_at, Appointment.no_show_at, Appointment.done_at).is_(
            None
        ),
        Appointment.question.is_distinct_from(Question.AGE),
        IS_HEALTH_CHECK,
    )
    return db.session.scalars(
        query.options(joinedload(Appointment.child), joinedload(Appointment.booking))
    ).all()


def _is_over(appointment: Appointment, made: Collection[CheckMade]) -> bool:
    """Whether a check was due on its day when it was booked, and none is any more."""
    before = [check for check in made if check.at < appointment.booking.made_at]
    return _is_due(appointment, before) and not _is_due(appointment, made)


def _is_due(appointment: Appointment, made: Collection[CheckMade]) -> bool:
    day = clinic_day(appointment.starts_at)
    found = due(appointment.child.birth_date, day, checks_done(appointment.child, made))
    return found.check_age is not None and (found.due_from or day) <= day
