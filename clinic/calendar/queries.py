"""A clinician's own appointments. Everything starts from the user."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic.accounts.models import Person
from clinic.accounts.rights import Deed, centres_for
from clinic.centres.models import Practitioner
from clinic.centres.queries import is_self
from clinic.db import db
from clinic.families.models import Child, Guardianship
from clinic.need_to_know.checking import must_need
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import appointments

VISITS_SHOWN = 5


def _ids(user: Person):  # type: ignore[no-untyped-def] # a Select, for `in_`
    return select(Practitioner.id).where(is_self(user))


def get_own(user: Person, appointment_id: int, deed: Deed = Deed.SEE_CASES) -> Appointment:
    """An appointment in this clinician's calendar, with the child's guardians, to do that with.

    Raises NoResultFound, RecordClosed.
    """
    guardians = joinedload(Appointment.child).selectinload(Child.guardianships)
    query = (
        appointments()
        .where(
            Appointment.id == appointment_id,
            Appointment.centre_id.in_(centres_for(user, deed)),
            Appointment.practitioner_id.in_(_ids(user)),
        )
        .options(guardians.joinedload(Guardianship.user))
    )
    found: Appointment = db.session.execute(query).unique().scalar_one()
    must_need(user, found.child_id, found.centre_id, deed, at_hand=found)
    return found


def appointments_before(appointment: Appointment) -> list[Appointment]:
    """The child's last finished visits at the same centre, the latest first."""
    query = (
        appointments()
        .where(
            Appointment.child_id == appointment.child_id,
            Appointment.centre_id == appointment.centre_id,
            Appointment.done_at.is_not(None),
            Appointment.starts_at < appointment.starts_at,
        )
        .order_by(None)
        .order_by(Appointment.starts_at.desc())
        .limit(VISITS_SHOWN)
    )
    return list(db.session.scalars(query))


def appointments_ahead(appointment: Appointment, now: datetime) -> list[Appointment]:
    """The child's next booked visits at the same centre, this one left out, the earliest first."""
    query = (
        appointments()
        .where(
            Appointment.child_id == appointment.child_id,
            Appointment.centre_id == appointment.centre_id,
            Appointment.id != appointment.id,
            Appointment.starts_at > now,
            Appointment.cancelled_at.is_(None),
            Appointment.displaced_at.is_(None),
        )
        .limit(VISITS_SHOWN)
    )
    return list(db.session.scalars(query))
