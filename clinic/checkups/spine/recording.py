"""The spine screenings on record: the one of an appointment, and a child's latest with what follows."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic.accounts.models import User
from clinic.accounts.rights import Deed, centres_for
from clinic.centres.models import Service
from clinic.checkups.models import SPINE, CheckFinding, CheckVisit
from clinic.checkups.spine.rules import SpineOutcome, outcome
from clinic.checkups.spine.suggestions import SPINE as SPINE_SERVICE
from clinic.checkups.spine.suggestions import Spine
from clinic.db import db
from clinic.families.models import Child, Guardianship
from clinic.need_to_know.checking import must_need
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import appointments


@dataclass(frozen=True)
class Screened:
    """A finished screening: when, what was found (code: value), what follows."""

    on: date
    found: dict[str, str]
    outcome: SpineOutcome


def stands(last: Screened | None, today: date) -> Spine:
    """How it stands after the latest screening."""
    if last is None:
        return Spine.NEVER
    again_on = last.outcome.again_on
    return Spine.AGAIN if again_on and again_on <= today else Spine.SETTLED


def get_screening(user: User, appointment_id: int) -> Appointment:
    """A spine screening at a centre where this user writes them. Raises NoResultFound, RecordClosed."""
    guardians = joinedload(Appointment.child).selectinload(Child.guardianships)
    query = (
        appointments()
        .where(
            Appointment.id == appointment_id,
            Appointment.centre_id.in_(centres_for(user, Deed.WRITE_CHECKS)),
            Appointment.service_id.in_(select(Service.id).where(Service.code == SPINE_SERVICE)),
        )
        .options(guardians.joinedload(Guardianship.user))
    )
    found: Appointment = db.session.execute(query).unique().scalar_one()
    must_need(user, found.child_id, found.centre_id, Deed.WRITE_CHECKS, at_hand=found)
    return found


def found_at(check: CheckVisit | None) -> dict[str, str]:
    """What is on record of that screening, by field."""
    if check is None:
        return {}
    query = select(CheckFinding.code, CheckFinding.value).where(
        CheckFinding.check_visit_id == check.id, CheckFinding.voided_at.is_(None)
    )
    return {row.code: row.value for row in db.session.execute(query)}


def last_screened(child_id: int) -> Screened | None:
    """The child's latest finished screening. Two queries at most."""
    query = (
        select(CheckVisit)
        .where(
            CheckVisit.child_id == child_id,
            CheckVisit.visit == SPINE,
            CheckVisit.finished_at.is_not(None),
        )
        .order_by(CheckVisit.done_on.desc(), CheckVisit.id.desc())
        .limit(1)
    )
    check = db.session.scalar(query)
    if check is None:
        return None
    found = found_at(check)
    return Screened(check.done_on, found, outcome(found, check.done_on))
