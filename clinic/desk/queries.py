"""The visitors of the centres where a receptionist works. Everything starts from the user."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload
from sqlalchemy.orm.interfaces import LoaderOption

from clinic.accounts.models import Person, Role
from clinic.accounts.rights import Deed, centres_for
from clinic.centres.models import Centre
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.desk.finding import means
from clinic.families.models import Child, Guardianship
from clinic.need_to_know.checking import must_need
from clinic.scheduling.models import Appointment
from clinic.scheduling.policies.stored import policies
from clinic.scheduling.queries import appointments
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.rules import is_late
from clinic.visits.arriving import families
from clinic.visits.rules import EARLY


def centres_of(user: Person, role: Role = Role.RECEPTION) -> list[Centre]:
    """The centres where this user has that role."""
    ids = user.centre_ids(role)
    return list(db.session.scalars(select(Centre).where(Centre.id.in_(ids)).order_by(Centre.id)))


def get_appointment(user: Person, appointment_id: int, deed: Deed = Deed.CHECK_IN) -> Appointment:
    """An appointment at a centre where this user may do that.

    Raises NoResultFound, RecordClosed.
    """
    query = (
        appointments()
        .where(
            Appointment.id == appointment_id,
            Appointment.centre_id.in_(centres_for(user, deed)),
        )
        .options(_guardians())
    )
    found: Appointment = db.session.execute(query).unique().scalar_one()
    must_need(user, found.child_id, found.centre_id, deed, at_hand=found)
    return found


def _guardians() -> LoaderOption:
    guardianships = joinedload(Appointment.child).selectinload(Child.guardianships)
    return guardianships.joinedload(Guardianship.user)


def arrivals(centre: Centre, now: datetime) -> list[Appointment]:
    """Today's appointments at the centre, earliest first, cancelled ones left out."""
    start, end = day_bounds(clinic_day(now))
    query = (
        appointments()
        .where(
            Appointment.centre_id == centre.id,
            Appointment.starts_at >= start,
            Appointment.starts_at < end,
            Appointment.cancelled_at.is_(None),
        )
        .options(_guardians())
    )
    return list(db.session.scalars(query).unique())


def phones_of(child: Child) -> list[str]:
    """The phones of the child's live guardians."""
    live = [guardianship for guardianship in child.guardianships if guardianship.revoked_at is None]
    return [guardianship.user.phone for guardianship in live if guardianship.user.phone]


def found_among(rows: list[Appointment], typed: str) -> list[Appointment]:
    """Those whom the typed text means."""
    return [
        row
        for row in rows
        if means(
            typed,
            name=row.child.name,
            pinyin=row.child.name_pinyin,
            phones=phones_of(row.child),
            reference=row.booking.reference,
        )
    ]


def families_of(rows: list[Appointment]) -> dict[int, int]:
    """For each appointment that is booked, how many of its family are to be checked in with it."""
    return {appointment.id: len(family) for family in families(rows) for appointment in family}


def marks_of(rows: list[Appointment], late: set[int], now: datetime) -> dict[int, str]:
    """Who came early or late, and who should be here and is not. One query."""
    policy_of = policies(sorted({row.service_id for row in rows}))
    marks = {}
    for row in rows:
        policy = policy_of(row.service_id, row.centre_id)
        expected = max(row.starts_at, row.booking.made_at)
        if row.id in late:
            marks[row.id] = "late"
        elif status_of(row) is Status.BOOKED and is_late(expected, now, policy):
            marks[row.id] = "missing"
        elif status_of(row) is Status.ARRIVED and row.starts_at - EARLY > now:
            marks[row.id] = "early"
    return marks


@dataclass(frozen=True)
class Totals:
    """How the day stands."""

    expected: int
    arrived: int
    done: int
    missing: int


def totals(rows: list[Appointment]) -> Totals:
    """Count the day's appointments by where they stand."""
    standing = [status_of(row) for row in rows]
    return Totals(
        standing.count(Status.BOOKED),
        standing.count(Status.ARRIVED),
        standing.count(Status.DONE),
        standing.count(Status.NO_SHOW),
    )
