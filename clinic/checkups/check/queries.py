"""The check that an appointment is for, what was answered before it and what is on record of it.

Everything starts from the user.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import NoResultFound
from sqlalchemy.orm import joinedload

from clinic.accounts.models import Person
from clinic.accounts.rights import Deed, centres_for
from clinic.ages import add_months
from clinic.amounts import Kind, written
from clinic.booking.queries import get_appointment
from clinic.centres.models import Service
from clinic.checkups.due.items import CheckSheet, sheet
from clinic.checkups.due.next_check import HB, hb_needed, next_check_age
from clinic.checkups.due.plan import HEALTH_CHECK, checks_done, made_of
from clinic.checkups.due.questions import code_of, versions
from clinic.checkups.due.schedule import CheckAge, check_ages
from clinic.checkups.growth.measuring import Measured
from clinic.checkups.models import CheckFinding, CheckVisit, EnteredBy, Measurement
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Child, Guardianship
from clinic.need_to_know.checking import must_need
from clinic.questionnaires.answers import Answer
from clinic.questionnaires.responding import latest
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import appointments

IS_HEALTH_CHECK = Appointment.service_id.in_(select(Service.id).where(Service.code == HEALTH_CHECK))


@dataclass(frozen=True)
class OnRecord:
    """What was measured of a child before, and of this check: fields as a page shows them."""

    fields: dict[str, str]
    before: Sequence[Measured]
    from_home: frozenset[Measured]


def get_check(user: Person, appointment_id: int) -> Appointment:
    """A health check at a centre where this user writes them. Raises NoResultFound, RecordClosed."""
    guardians = joinedload(Appointment.child).selectinload(Child.guardianships)
    query = (
        appointments()
        .where(
            Appointment.id == appointment_id,
            Appointment.centre_id.in_(centres_for(user, Deed.WRITE_CHECKS)),
            IS_HEALTH_CHECK,
        )
        .options(guardians.joinedload(Guardianship.user))
    )
    found: Appointment = db.session.execute(query).unique().scalar_one()
    must_need(user, found.child_id, found.centre_id, Deed.WRITE_CHECKS, at_hand=found)
    return found


def get_own_check(user: Person, appointment_id: int) -> Appointment:
    """A health check of a child whom this user cares for. Raises NoResultFound."""
    found = get_appointment(user, appointment_id)
    if found.service.code != HEALTH_CHECK:
        raise NoResultFound
    return found


def check_of(appointment_id: int) -> CheckVisit | None:
    """The check that was begun at that appointment."""
    query = select(CheckVisit).where(CheckVisit.appointment_id == appointment_id)
    return db.session.scalar(
        query.options(joinedload(CheckVisit.saved_by)).execution_options(populate_existing=True)
    )


def coming_check(child_id: int, now: datetime) -> Appointment | None:
    """The child's next health check that is booked and neither over nor called off."""
    query = select(Appointment).where(
        Appointment.child_id == child_id,
        Appointment.ends_at > now,
        Appointment.cancelled_at.is_(None),
        Appointment.no_show_at.is_(None),
        Appointment.displaced_at.is_(None),
        Appointment.done_at.is_(None),
        IS_HEALTH_CHECK,
    )
    return db.session.scalar(query.order_by(Appointment.starts_at).limit(1))


def done_before(appointment: Appointment) -> list[str]:
    """The checks of the schedule that the child had on days before, in order."""
    day = clinic_day(appointment.starts_at)
    made = [
        check for check in made_of([appointment.child_id])[appointment.child_id] if check.on < day
    ]
    return checks_done(appointment.child, made)


def check_age_at(
    visit: Appointment, check: CheckVisit | None, done: Sequence[str]
) -> CheckAge | None:
    """Which of the thirteen checks it is; None for a child who had them all or is seven."""
    if check:
        return next(visit for visit in check_ages() if visit.id == check.visit)
    return next_check_age(visit.child.birth_date, clinic_day(visit.starts_at), done)


def sheet_of(
    appointment: Appointment, one: CheckAge, done: Sequence[str], on_record: OnRecord
) -> CheckSheet:
    """What that check asks; blood is taken once in 6 to 8 months."""
    since = add_months(appointment.child.birth_date, 6)
    was_taken = any(each.kind is Kind.HAEMOGLOBIN and each.on >= since for each in on_record.before)
    needed = hb_needed(one, done, hb_done=was_taken or None if one.id == "M8" else None)
    return sheet(one, [item for item in one.items if item != HB or needed])


def on_record(appointment: Appointment, check: CheckVisit | None) -> OnRecord:
    """The live measurements of the child before that day, and the fields of this check."""
    day = check.done_on if check else clinic_day(appointment.starts_at)
    query = select(Measurement).where(
        Measurement.child_id == appointment.child_id, Measurement.voided_at.is_(None)
    )
    rows = db.session.scalars(query.order_by(Measurement.measured_on, Measurement.id)).all()
    before = [row for row in rows if row.measured_on < day]
    fields: dict[str, str] = {}
    for row in rows:
        if check and row.check_visit_id == check.id:
            fields[row.kind.value] = written(row.kind, row.amount)
            if row.how:
                fields["how"] = row.how.value
    if check:
        found = select(CheckFinding.code, CheckFinding.value).where(
            CheckFinding.check_visit_id == check.id, CheckFinding.voided_at.is_(None)
        )
        fields |= {row.code: row.value for row in db.session.execute(found)}
    home = frozenset(
        _measured(measurement) for measurement in before if measurement.source is EnteredBy.PARENT
    )
    return OnRecord(fields, [_measured(measurement) for measurement in before], home)


def _measured(row: Measurement) -> Measured:
    return Measured(row.measured_on, row.kind, row.amount, row.how)


def answers_of(child_id: int, check_age: CheckAge) -> dict[str, Answer]:
    """What the family answered before that check, by question, as far as it is asked so today."""
    row = latest(code_of(check_age), child_id)
    return versions(check_age).still_answered(row.version, row.given) if row else {}
