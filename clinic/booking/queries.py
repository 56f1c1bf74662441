"""A family's appointments and holds. Everything starts from the user."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic.accounts.models import User
from clinic.centres.models import Service, ServiceKind
from clinic.db import db
from clinic.families.models import Guardianship
from clinic.scheduling.models import Appointment, Hold, Slot
from clinic.scheduling.queries import appointments


def _child_ids(user: User):  # type: ignore[no-untyped-def] # a Select, for `in_`
    return select(Guardianship.child_id).where(
        Guardianship.user_id == user.id, Guardianship.revoked_at.is_(None)
    )


def appointments_of(user: User) -> list[Appointment]:
    """All appointments of the children whom this user cares for, earliest first."""
    theirs = appointments().where(Appointment.child_id.in_(_child_ids(user)))
    return list(db.session.scalars(theirs))


def get_appointment(user: User, appointment_id: int) -> Appointment:
    """The appointment, if it is of a child whom this user cares for. Raises NoResultFound."""
    query = appointments().where(
        Appointment.id == appointment_id, Appointment.child_id.in_(_child_ids(user))
    )
    return db.session.execute(query).scalar_one()


def get_hold(user: User, kind: ServiceKind, hold_id: int) -> Hold:
    """What this user holds, of this kind of service, for a child still theirs. Raises NoResultFound."""
    query = (
        select(Hold)
        .join(Hold.service)
        .where(
            Hold.id == hold_id,
            Hold.user_id == user.id,
            Hold.child_id.in_(_child_ids(user)),
            Service.kind == kind,
        )
        .options(
            joinedload(Hold.child),
            joinedload(Hold.service),
            joinedload(Hold.slot).joinedload(Slot.centre),
            joinedload(Hold.slot).joinedload(Slot.practitioner),
        )
    )
    return db.session.execute(query).scalar_one()
