"""A clinician's own sessions and appointments. Everything starts from the user."""

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from clinic.accounts.models import User
from clinic.centres.models import Practitioner
from clinic.db import db
from clinic.families.models import Child, Guardianship
from clinic.scheduling.models import Appointment, ClinicSession, Slot
from clinic.scheduling.queries import appointments

VISITS_BEFORE = 5


def practitioners_of(user: User) -> list[Practitioner]:
    """Whom this user is at the centres."""
    query = select(Practitioner).where(Practitioner.user_id == user.id).order_by(Practitioner.id)
    return list(db.session.scalars(query.options(joinedload(Practitioner.centre))))


def appointments_between(user: User, start: datetime, end: datetime) -> list[Appointment]:
    """The clinician's appointments that begin in [start, end), cancelled ones left out."""
    query = appointments().where(
        Appointment.practitioner_id.in_(_ids(user)),
        Appointment.starts_at >= start,
        Appointment.starts_at < end,
        Appointment.cancelled_at.is_(None),
    )
    return list(db.session.scalars(query))


def sessions_between(
    user: User, start: datetime, end: datetime
) -> list[tuple[ClinicSession, int, int]]:
    """The clinician's sessions in [start, end), each with its places taken and in all."""
    query = (
        select(ClinicSession, func.sum(Slot.taken), func.sum(Slot.capacity))
        .join(Slot, Slot.clinic_session_id == ClinicSession.id)
        .where(
            ClinicSession.practitioner_id.in_(_ids(user)),
            ClinicSession.withdrawn_at.is_(None),
            ClinicSession.starts_at >= start,
            ClinicSession.starts_at < end,
        )
        .group_by(ClinicSession.id)
        .order_by(ClinicSession.starts_at)
        .options(selectinload(ClinicSession.room))
    )
    return [tuple(row) for row in db.session.execute(query)]  # type: ignore[misc]


def _ids(user: User):  # type: ignore[no-untyped-def] # a Select, for `in_`
    return select(Practitioner.id).where(Practitioner.user_id == user.id)


def get_own(user: User, appointment_id: int) -> Appointment:
    """An appointment in this clinician's calendar, with the child's guardians. Raises NoResultFound."""
    guardians = joinedload(Appointment.child).selectinload(Child.guardianships)
    query = (
        appointments()
        .where(Appointment.id == appointment_id, Appointment.practitioner_id.in_(_ids(user)))
        .options(guardians.joinedload(Guardianship.user))
    )
    return db.session.execute(query).unique().scalar_one()


def visits_before(appointment: Appointment) -> list[Appointment]:
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
        .limit(VISITS_BEFORE)
    )
    return list(db.session.scalars(query))
