"""A family's appointments and holds. Everything starts from the user."""

from datetime import datetime

from sqlalchemy import BindParameter, ColumnElement, Select, and_, bindparam, or_, select
from sqlalchemy.orm import joinedload, selectinload

from clinic.accounts.models import Person
from clinic.centres.models import Centre, Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Guardianship
from clinic.scheduling.models import Appointment, Hold, HoldFor, Slot, WaitlistChild, WaitlistEntry
from clinic.scheduling.policies.stored import policies
from clinic.scheduling.queries import appointments
from clinic.scheduling.verdict.request import Held
from clinic.scheduling.verdict.rules import may_change_online

_kin, _holds, _made = (one.__table__.c for one in (Guardianship, Hold, Appointment))


def _child_ids(user_id: int | BindParameter[int]) -> Select[int]:
    return select(_kin.child_id).where(_kin.user_id == user_id, _kin.revoked_at.is_(None))


def appointments_of(user: Person) -> list[Appointment]:
    """All appointments of the children whom this user cares for, earliest first.

    The children are asked for first: PostgreSQL would begin so wide a join with the whole city.
    """
    children = db.session.scalars(_child_ids(user.id)).all()
    return list(db.session.scalars(appointments().where(Appointment.child_id.in_(children))))


def last_centre_of(user: Person) -> Centre | None:
    """Where the children whom this user cares for were booked for last."""
    query = (
        select(Centre)
        .join(Appointment, Appointment.centre_id == Centre.id)
        .where(Appointment.child_id.in_(_child_ids(user.id)))
        .order_by(Appointment.starts_at.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def booked_with(user: Person, appointment: Appointment) -> list[Appointment]:
    """The others of the same booking, as far as they are of children whom this user cares for."""
    others = appointments().where(
        Appointment.booking_id == appointment.booking_id,
        Appointment.id != appointment.id,
        Appointment.child_id.in_(_child_ids(user.id)),
    )
    return list(db.session.scalars(others))


def get_appointment(user: Person, appointment_id: int) -> Appointment:
    """The appointment, if it is of a child whom this user cares for. Raises NoResultFound."""
    query = appointments().where(
        Appointment.id == appointment_id, Appointment.child_id.in_(_child_ids(user.id))
    )
    return db.session.execute(query).scalar_one()


def _whole_group_is_theirs(user_id: int | BindParameter[int]) -> ColumnElement[bool]:
    """A hold and those that follow it are for children whom this user cares for, every one."""
    following = Hold.__table__.alias().c
    others = select(following.id).where(
        following.lead_id == _holds.id, following.child_id.not_in(_child_ids(user_id))
    )
    return and_(_holds.child_id.in_(_child_ids(user_id)), ~others.exists())


MAY_CONFIRM = and_(
    _holds.id == bindparam("hold_id"),
    or_(_holds.user_id == bindparam("user_id"), _holds.purpose != HoldFor.FORM),
    _holds.lead_id.is_(None),
    _whole_group_is_theirs(bindparam("user_id")),
    Service.__table__.c.kind == bindparam("kind"),
)
ONE_HOLD = (
    select(Hold)
    .join(Hold.service)
    .where(MAY_CONFIRM)
    .options(
        joinedload(Hold.child),
        joinedload(Hold.service),
        joinedload(Hold.slot).joinedload(Slot.centre),
        joinedload(Hold.slot).joinedload(Slot.practitioner),
    )
)


def get_hold(user: Person, kind: str, hold_id: int) -> Hold:
    """What this user holds, or what is offered to the family, for a child still theirs.

    Of this kind of service; the one that leads, if several belong together. Raises NoResultFound.
    """
    which = {"hold_id": hold_id, "user_id": user.id, "kind": kind}
    return db.session.execute(ONE_HOLD, which).scalar_one()


FIRST_BOOKED = (
    select(_made.id)
    .where(_made.booking_id == bindparam("booking_id"), _made.child_id == bindparam("child_id"))
    .order_by(_made.starts_at)
    .limit(1)
)


def booked_from(kept: Held) -> int:
    """The id of the appointment that a confirmed hold became, the first of several."""
    which = {"booking_id": kept.booking_id, "child_id": kept.child_id}
    number: int = db.session.execute(FIRST_BOOKED, which).scalar_one()
    return number


def offers_for(user: Person, *, now: datetime) -> list[Hold]:
    """What is kept for this family: places found while it waited, and new times. The leading holds."""
    query = (
        select(Hold)
        .where(
            _whole_group_is_theirs(user.id),
            Hold.purpose != HoldFor.FORM,
            Hold.lead_id.is_(None),
            Hold.booking_id.is_(None),
            Hold.ended_at.is_(None),
            Hold.expires_at > now,
        )
        .options(
            joinedload(Hold.child),
            joinedload(Hold.service),
            joinedload(Hold.slot).joinedload(Slot.centre),
            joinedload(Hold.slot).joinedload(Slot.practitioner),
        )
        .order_by(Hold.expires_at, Hold.id)
    )
    return list(db.session.scalars(query))


def waiting_for(user: Person) -> list[WaitlistEntry]:
    """What this family waits for, the longest first."""
    query = (
        _entries(user)
        .where(WaitlistEntry.ended_at.is_(None))
        .order_by(WaitlistEntry.created_at, WaitlistEntry.id)
    )
    return list(db.session.scalars(query))


def get_entry(user: Person, kind: str, entry_id: int) -> WaitlistEntry:
    """A wish of this family for a service of this kind. Raises NoResultFound."""
    query = (
        _entries(user)
        .join(WaitlistEntry.service)
        .where(WaitlistEntry.id == entry_id, Service.kind == kind)
    )
    return db.session.execute(query).scalar_one()


def _entries(user: Person) -> Select[WaitlistEntry]:
    theirs = select(WaitlistChild.entry_id).where(WaitlistChild.child_id.in_(_child_ids(user.id)))
    others = select(WaitlistChild.entry_id).where(
        WaitlistChild.entry_id == WaitlistEntry.id,
        WaitlistChild.child_id.not_in(_child_ids(user.id)),
    )
    return (
        select(WaitlistEntry)
        .where(WaitlistEntry.id.in_(theirs), ~others.exists())
        .options(
            joinedload(WaitlistEntry.service),
            selectinload(WaitlistEntry.children),
            selectinload(WaitlistEntry.centres),
        )
    )


def other_parts(appointment: Appointment) -> list[Appointment]:
    """The other parts of one visit: what was booked with it for the child on that day."""
    others = appointments().where(
        Appointment.booking_id == appointment.booking_id,
        Appointment.child_id == appointment.child_id,
        Appointment.service_id != appointment.service_id,
        Appointment.cancelled_at.is_(None),
    )
    day = clinic_day(appointment.starts_at)
    return [
        appointment
        for appointment in db.session.scalars(others)
        if clinic_day(appointment.starts_at) == day
    ]


def same_trip(appointment: Appointment, *, now: datetime) -> list[Appointment]:
    """Those of the other parts that are still to come."""
    return [
        part
        for part in other_parts(appointment)
        if part.starts_at > now and part.arrived_at is None and part.no_show_at is None
    ]


def movable_with(appointment: Appointment, *, now: datetime) -> list[Appointment]:
    """Those of them that the family itself may still move: what is owed a new time, and what is not too near."""
    policy_of = policies([appointment.service_id])

    def may_move(one: Appointment) -> bool:
        notice = policy_of(one.service_id, one.centre_id).notice_to_move
        return one.displaced_at is not None or may_change_online(one.starts_at, notice, now)

    return [later for later in remaining_with(appointment, now=now) if may_move(later)]


def moved_with(moving: Appointment, *, now: datetime) -> list[int]:
    """The ids of what is or may be moved: the appointment and the other parts of its visit.

    They stand in no way of its new time.
    """
    return [moving.id, *(appointment.id for appointment in same_trip(moving, now=now))]


def remaining_with(appointment: Appointment, *, now: datetime) -> list[Appointment]:
    """The appointments of the same booking, child and service that still lie ahead, earliest first."""
    query = appointments().where(
        Appointment.booking_id == appointment.booking_id,
        Appointment.child_id == appointment.child_id,
        Appointment.service_id == appointment.service_id,
        Appointment.starts_at > now,
        Appointment.cancelled_at.is_(None),
        Appointment.arrived_at.is_(None),
    )
    return list(db.session.scalars(query))
