"""A centre's sessions, as its managers see them. Everything starts from the user."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload, selectinload

from clinic.accounts.models import Person, Role
from clinic.centres.models import Centre, Practitioner, Service
from clinic.db import db
from clinic.scheduling.changes.leaves import LeaveRequest, waits_for_an_answer
from clinic.scheduling.models import ClinicSession, Slot
from clinic.scheduling.queries import services_given


@dataclass(frozen=True)
class SessionOverview:
    """A session with its slots, its places taken and in all, and the services that it gives."""

    session: ClinicSession
    slots: int
    taken: int
    places: int
    services: list[Service]


def centres_of(user: Person) -> list[Centre]:
    """The centres that this user manages, with rooms, practitioners and their services."""
    query = (
        select(Centre)
        .where(Centre.id.in_(user.centre_ids(Role.MANAGER)))
        .order_by(Centre.id)
        .options(
            selectinload(Centre.rooms),
            selectinload(Centre.services),
            selectinload(Centre.practitioners).selectinload(Practitioner.services),
        )
    )
    return list(db.session.scalars(query))


def planned(centre: Centre, start: datetime, end: datetime) -> list[SessionOverview]:
    """The centre's sessions that begin in [start, end), by time. Two queries, however many."""
    counted = (
        select(ClinicSession, func.count(Slot.id), func.sum(Slot.taken), func.sum(Slot.capacity))
        .join(Slot, Slot.clinic_session_id == ClinicSession.id)
        .where(
            ClinicSession.centre_id == centre.id,
            ClinicSession.withdrawn_at.is_(None),
            ClinicSession.starts_at >= start,
            ClinicSession.starts_at < end,
        )
        .group_by(ClinicSession.id)
        .order_by(ClinicSession.starts_at, ClinicSession.practitioner_id)
        .options(selectinload(ClinicSession.practitioner), selectinload(ClinicSession.room))
    )
    rows = db.session.execute(counted).all()
    given = services_given([row[0].id for row in rows])
    return [
        SessionOverview(s, slots, taken, places, given[s.id]) for s, slots, taken, places in rows
    ]


def get_session(user: Person, session_id: int) -> ClinicSession:
    """A session at a centre that this user manages. Raises NoResultFound."""
    query = (
        select(ClinicSession)
        .where(
            ClinicSession.id == session_id,
            ClinicSession.centre_id.in_(user.centre_ids(Role.MANAGER)),
        )
        .options(joinedload(ClinicSession.practitioner))
    )
    return db.session.execute(query).scalar_one()


def leave_asked(centre: Centre) -> int:
    """How many requests for leave wait for an answer there."""
    query = select(func.count(LeaveRequest.id)).where(
        LeaveRequest.centre_id == centre.id, *waits_for_an_answer()
    )
    return db.session.scalar(query) or 0
