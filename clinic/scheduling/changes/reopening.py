"""What was shut opens again, and its appointments return. Verbs flush; the caller commits."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Closure, Leave
from clinic.db import broken_promise, db
from clinic.scheduling import places
from clinic.scheduling.changes.change import slots_within
from clinic.scheduling.models import (
    Appointment,
    Booking,
    ClinicSession,
    ClosedFor,
    Slot,
)
from clinic.scheduling.queries import appointments
from clinic.scheduling.timetable import closings
from clinic.scheduling.timetable.closings import ClosingReason, Lifting, SlotClosing
from clinic.scheduling.timetable.opening import one_at_a_time, open_rota_again
from clinic.scheduling.verdict.request import refusal
from clinic.scheduling.waitlist import offering

RETIRED = (
    ClosedFor.RETIRED_CENTRE,
    ClosedFor.RETIRED_ROOM,
    ClosedFor.RETIRED_PRACTITIONER,
    ClosedFor.RETIRED_SERVICE,
)
BEYOND_A_SESSION = (ClosedFor.CLOSURE, ClosedFor.LEAVE, *RETIRED)


@dataclass(frozen=True)
class Reopened:
    """What came back: slots, and the appointments that have their old time again."""

    slots: int
    restored: tuple[Appointment, ...]


def lift(shut: Closure | Leave, *, by: Person, now: datetime) -> Reopened:
    """Take a closure or a leave back: its slots open again, and displaced appointments return.

    Slots that something else shuts, or whose room or practitioner is busy by now, stay shut.
    """
    one_at_a_time([shut.centre_id])
    db.session.refresh(shut)
    if shut.lifted_at is not None:
        return Reopened(0, ())
    shut.lifted_at, shut.lifted_by_id = now, by.id
    db.session.flush()
    if isinstance(shut, Leave):
        which = SlotClosing.leave_id == shut.id
        scope = slots_within(shut.starts_at, shut.ends_at, practitioner_id=shut.practitioner_id)
    else:
        which = SlotClosing.closure_id == shut.id
        place = {"centre_id": shut.centre_id, "room_id": shut.room_id}
        scope = slots_within(shut.starts_at, shut.ends_at, **place)
    audit.record("lift", shut, by=by.id, now=now, centre_id=shut.centre_id)
    return lift_closings(which, scope, by=by, now=now)


def reopen(session: ClinicSession, *, by: Person, now: datetime) -> Reopened:
    """Open again what was taken out of a session by hand, with its rule, or for its day.

    Slots inside a closure or a leave stay shut until it is lifted, those of what is retired too, and so does the whole where
    another session has the room or the practitioner by now.
    """
    one_at_a_time([session.centre_id])
    theirs = Slot.clinic_session_id == session.id
    which = and_(theirs, SlotClosing.reason.not_in(BEYOND_A_SESSION))
    audit.record("reopen", session, by=by.id, now=now, centre_id=session.centre_id)
    return lift_closings(which, theirs, by=by, now=now)


def lift_closings(
    which: ColumnElement[bool], scope: ColumnElement[bool], *, by: Person, now: datetime
) -> Reopened:
    """Delete the closings that are so, as they are once all slots of the scope are locked."""
    seen = closings.lifting(which, now=now)
    around, child_ids = concerned(seen.opens, now=now)
    slots = (
        select(Slot.id)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(scope, Slot.ends_at > now)
    )
    places.lock([*db.session.scalars(slots), *seen.closing_ids, *around], child_ids)
    return open_again(closings.lifting(which, now=now), by=by, now=now)


def open_again(lifting: Lifting, *, by: Person, now: datetime) -> Reopened:
    """Delete these closings. Families who lost the slots that open come back; others are offered them.

    The caller has locked the slots and what is `concerned`.
    """
    if not lifting.closing_ids:
        return Reopened(0, ())
    closings.remove(lifting, lifting.closing_ids.keys() - set(lifting.opens))
    slots = _open(lifting, by=by, now=now)
    back = tuple(restore(slots, by=by, now=now))
    offering.on_freed(slots, now=now)
    return Reopened(len(slots), back)


def concerned(slot_ids: Collection[int], *, now: datetime) -> tuple[list[int], set[int]]:
    """What is to be locked before these open: slots and children.

    Beside these slots, what is taken and given back for appointments that may return to them.
    """
    theirs = _displaced_from(slot_ids, now=now) if slot_ids else ()
    ids = [appointment.id for appointment in theirs]
    around = [*places.slots_under(ids), *places.slots_around(ids)] if ids else []
    return [*slot_ids, *around], {appointment.child_id for appointment in theirs}


def _by_session(slot_ids: Iterable[int]) -> list[list[int]]:
    query = select(Slot.id, Slot.clinic_session_id).where(Slot.id.in_(list(slot_ids)))
    found: dict[int, list[int]] = {}
    for row in db.session.execute(query.order_by(Slot.id)):
        found.setdefault(row.clinic_session_id, []).append(row.id)
    return list(found.values())


def _open(lifting: Lifting, *, by: Person, now: datetime) -> list[int]:
    """Open the slots that it opens, all at once or session by session; those that could be.

    Where another session has the room or the practitioner by now, that is what shuts them.
    """
    if _try_to_open(lifting.opens, lifting, by=by, now=now):
        return list(lifting.opens)
    opened = []
    for slot_ids in _by_session(lifting.opens):
        if _try_to_open(slot_ids, lifting, by=by, now=now):
            opened += slot_ids
        else:
            closings.remove(lifting, slot_ids)
            closings.shut(slot_ids, ClosingReason(ClosedFor.BUSY), now=now)
    return opened


def _try_to_open(slot_ids: Collection[int], lifting: Lifting, *, by: Person, now: datetime) -> bool:
    try:
        with db.session.begin_nested():
            closings.remove(lifting, slot_ids)
            fit_sessions(slot_ids, by=by, now=now)
    except IntegrityError as error:
        if "ex_clinic_sessions" not in broken_promise(error):
            raise
        return False
    return True


def restore(slot_ids: Iterable[int], *, by: Person, now: datetime) -> list[Appointment]:
    """Give appointments that wait for a new time their old one back, the first booked first."""
    return [
        appointment
        for appointment in _displaced_from(slot_ids, now=now)
        if _back(appointment, by=by, now=now)
    ]


def _displaced_from(slot_ids: Iterable[int], *, now: datetime) -> Sequence[Appointment]:
    """Appointments that wait for a new time and had one in these slots, the first booked first."""
    first = aliased(Slot)
    opened = (
        select(Slot.id)
        .join(first, first.clinic_session_id == Slot.clinic_session_id)
        .where(
            Slot.id.in_(list(slot_ids)),
            first.id == Appointment.slot_id,
            Slot.starts_at < Appointment.ends_at,
            Slot.ends_at > Appointment.starts_at,
        )
    )
    without = select(SlotClosing.id).where(
        SlotClosing.slot_id == Appointment.slot_id,
        SlotClosing.service_id == Appointment.service_id,
    )
    theirs = (
        appointments()
        .where(
            Appointment.displaced_at.is_not(None),
            Appointment.cancelled_at.is_(None),
            Appointment.ends_at > now,
            opened.exists(),
            ~without.exists(),
        )
        .order_by(None)
        .order_by(Booking.made_at, Appointment.id)
    )
    return db.session.scalars(theirs).all()


def _back(appointment: Appointment, *, by: Person, now: datetime) -> bool:
    slot_ids = places.slots_under([appointment.id])
    places.lock_to_take(slot_ids, [appointment.child_id], now=now, online=False)
    try:
        with db.session.begin_nested():
            appointment.displaced_at, appointment.displaced_by_id = None, None
            db.session.flush()
            places.take(slot_ids, online=False, appointment_id=appointment.id)
    except IntegrityError as error:
        refusal(error)  # anything but a place or a child that is taken goes on as it is
        db.session.refresh(appointment)
        return False
    offering.on_freed(places.end_new_times(appointment.id, now=now), now=now)
    audit.record("restore", appointment, by=by.id, now=now, centre_id=appointment.centre_id)
    db.session.flush()
    return True


def fit_sessions(slot_ids: Iterable[int], *, by: Person, now: datetime) -> None:
    """Each session of these slots lasts from its first open slot to its last; without any it is withdrawn.

    Raises IntegrityError when longer hours would overlap another session.
    """
    sessions = select(Slot.clinic_session_id).where(Slot.id.in_(list(slot_ids)))
    hours = (
        select(Slot.clinic_session_id, func.min(Slot.starts_at), func.max(Slot.ends_at))
        .where(Slot.clinic_session_id.in_(sessions), Slot.closed_at.is_(None))
        .group_by(Slot.clinic_session_id)
    )
    lasting = {row[0]: (row[1], row[2]) for row in db.session.execute(hours)}
    found = db.session.scalars(select(ClinicSession).where(ClinicSession.id.in_(sessions))).all()
    for session in found:
        if session.id in lasting:
            session.starts_at, session.ends_at = lasting[session.id]
            session.withdrawn_at, session.withdrawn_by_id = None, None
        elif session.withdrawn_at is None:
            session.withdrawn_at, session.withdrawn_by_id = now, by.id
    open_rota_again(session.centre_id for session in found)
    db.session.flush()
