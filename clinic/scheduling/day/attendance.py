"""What happened to an appointment on its day. Verbs flush; the caller commits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.clock import clinic_day
from clinic.db import db, lock_row
from clinic.errors import DomainError
from clinic.families import reconciling
from clinic.families.models import Child
from clinic.scheduling import places
from clinic.scheduling.changes import applying, shutting_behind
from clinic.scheduling.models import Appointment, PauseLift
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.request import SlotTaken, refusal
from clinic.scheduling.waitlist import marks
from clinic.sentences import mark

# Why a check-in is taken back later: the trail holds the key.
WRONG_CHECK_IN = {
    "child": mark("Another child was meant"),
    "left": mark("The family left before being seen"),
    "mistake": mark("Pressed by mistake"),
}


# A child that is not here is not seen so long before its time: a slip of the hand on another row.
BEFORE_ITS_TIME = timedelta(minutes=60)


class NotToday(DomainError):
    message = mark("This appointment is on %(day)s, not today.")


class IsCancelled(DomainError):
    message = mark("This appointment was cancelled.")


class NeedsNewTime(DomainError):
    message = mark("The centre changed its hours: this appointment needs a new time first.")


class IsDone(DomainError):
    message = mark("This visit is already finished.")


class NotArrived(DomainError):
    message = mark("This child has not been checked in.")


class TooLateToUndo(DomainError):
    message = mark("After ten minutes a check-in is taken back with a reason.")


class NotBegun(DomainError):
    message = mark("This appointment has not begun yet.")


class PlaceIsTaken(DomainError):
    message = mark("Another child has this place meanwhile. Book a new time instead.")


def check_in(appointment: Appointment, *, by: Person, now: datetime) -> bool:
    """The child has arrived. Twice is one arrival; a child that was marked absent may still come.

    Says whether this was the arrival.
    """
    slot_ids, child_ids = places.slots_under([appointment.id]), [appointment.child_id]
    places.lock_to_take(slot_ids, child_ids, now=now, online=False)
    _as_it_is_by_now(appointment)
    status = status_of(appointment)
    if status is Status.CANCELLED:
        raise IsCancelled
    if status in (Status.ARRIVED, Status.DONE):
        return False
    if clinic_day(appointment.starts_at) != clinic_day(now):
        raise NotToday(day=clinic_day(appointment.starts_at))
    if status is Status.DISPLACED:
        raise NeedsNewTime
    if status is Status.NO_SHOW:
        _take_the_place_back(appointment)
    appointment.arrived_at, appointment.arrived_by_id = now, by.id
    _record("check_in", appointment, by=by, now=now)
    if status is Status.NO_SHOW:
        reconciling.reconcile([appointment.child_id], by=by, now=now)
    return True


def undo_check_in(appointment: Appointment, *, by: Person, now: datetime, reason: str = "") -> None:
    """Take a check-in back: within ten minutes of it, or later for a reason (one of WRONG_CHECK_IN).

    If the hours were shut around a child that was here, the appointment needs a new time like the others.
    """
    slot_ids = _lock_places(appointment)
    if status_of(appointment) is Status.DONE:
        raise IsDone
    if appointment.arrived_at is None:
        return
    if not reason and not rules.may_undo_check_in(appointment.arrived_at, now):
        raise TooLateToUndo
    appointment.arrived_at = None
    appointment.arrived_by_id = None
    _record("undo_check_in", appointment, by=by, now=now, **({"reason": reason} if reason else {}))
    if shutting_behind.is_shut(slot_ids):
        applying.displace(appointment, by=by, now=now)
        shutting_behind.shut_behind(slot_ids, by=by, now=now)
        marks.look_again_for([appointment.child_id], now=now)


def finish(appointment: Appointment, *, by: Person, now: datetime, note: str) -> None:
    """The visit is done, and what hangs on that is looked at again.

    A clinician may see a child whom nobody checked in: that is an arrival too.
    """
    places.lock_children([appointment.child_id])
    _as_it_is_by_now(appointment)
    status = status_of(appointment)
    if status is Status.CANCELLED:
        raise IsCancelled
    if status is Status.NO_SHOW:
        raise NotArrived
    if status is Status.DISPLACED:
        raise NeedsNewTime
    if clinic_day(appointment.starts_at) > clinic_day(now):
        raise NotBegun
    if appointment.arrived_at is None:
        appointment.arrived_at, appointment.arrived_by_id = now, by.id
    if appointment.done_at is None:
        appointment.done_at, appointment.done_by_id = now, by.id
    appointment.note = note
    _record("finish", appointment, by=by, now=now)
    reconciling.reconcile([appointment.child_id], by=by, now=now)


def mark_no_show(appointment: Appointment, *, by: Person, now: datetime, note: str) -> None:
    """The child did not come; its place is free at once."""
    slot_ids = _lock_places(appointment)
    status = status_of(appointment)
    if status is Status.CANCELLED:
        raise IsCancelled
    if status is Status.DONE:
        raise IsDone
    if status is Status.DISPLACED:
        raise NeedsNewTime
    if appointment.starts_at > now:
        raise NotBegun
    if status is Status.NO_SHOW:
        return
    appointment.no_show_at, appointment.no_show_by_id = now, by.id
    appointment.note = note
    db.session.flush()
    places.free(appointment_id=appointment.id)
    shutting_behind.shut_behind(slot_ids, by=by, now=now)
    _record("no_show", appointment, by=by, now=now)
    reconciling.reconcile([appointment.child_id], by=by, now=now)


def undo_finish(appointment: Appointment, *, by: Person, now: datetime) -> None:
    """It is not done after all. If being done made it an arrival, it has not arrived either.

    What was recorded at the visit is not looked at: the caller's rooms know of it.
    """
    places.lock_children([appointment.child_id])
    _as_it_is_by_now(appointment)
    if status_of(appointment) is not Status.DONE:
        return
    arrived = (appointment.arrived_at, appointment.arrived_by_id)
    done = (appointment.done_at, appointment.done_by_id)
    appointment.done_at = appointment.done_by_id = None
    if arrived == done:
        appointment.arrived_at = appointment.arrived_by_id = None
    _record("undo_finish", appointment, by=by, now=now)
    reconciling.reconcile([appointment.child_id], by=by, now=now)


def undo_no_show(appointment: Appointment, *, by: Person, now: datetime) -> None:
    """The child came, or may come still: it stands as before, in its place. Raises PlaceIsTaken."""
    _undo_no_show(appointment, by=by, now=now)
    reconciling.reconcile([appointment.child_id], by=by, now=now)


def _undo_no_show(appointment: Appointment, *, by: Person, now: datetime) -> None:
    slot_ids, child_ids = places.slots_under([appointment.id]), [appointment.child_id]
    places.lock_to_take(slot_ids, child_ids, now=now, online=False)
    _as_it_is_by_now(appointment)
    if status_of(appointment) is not Status.NO_SHOW:
        return
    try:
        _take_the_place_back(appointment)
    except SlotTaken as error:
        raise PlaceIsTaken from error
    _record("undo_no_show", appointment, by=by, now=now)


def mark_all_no_show(appointments: Sequence[Appointment], *, by: Person, now: datetime) -> None:
    """None of these came, all of them or none: raises as `mark_no_show` does."""
    slot_ids = places.slots_around([appointment.id for appointment in appointments])
    places.lock(slot_ids, {appointment.child_id for appointment in appointments})
    for appointment in appointments:
        mark_no_show(appointment, by=by, now=now, note="")


def undo_all_no_show(appointments: Sequence[Appointment], *, by: Person, now: datetime) -> None:
    """All of these came, or may come still: all or none. Raises as `undo_no_show` does."""
    slot_ids = places.slots_under([appointment.id for appointment in appointments])
    children = {appointment.child_id for appointment in appointments}
    places.lock_to_take(slot_ids, children, now=now, online=False)
    for appointment in appointments:
        _undo_no_show(appointment, by=by, now=now)
    reconciling.reconcile(children, by=by, now=now)  # once, as it locks what it needs in order


def _lock_places(appointment: Appointment) -> list[int]:
    """Lock its places, its child and itself; the slots that it is in."""
    slot_ids = places.slots_of(appointment_id=appointment.id)
    places.lock(slot_ids, [appointment.child_id])
    _as_it_is_by_now(appointment)
    return slot_ids


def _as_it_is_by_now(appointment: Appointment) -> None:
    """Read it again, as another transaction may have changed it, and lock it."""
    lock_row(appointment)


def _take_the_place_back(appointment: Appointment) -> None:
    appointment.no_show_at = None
    appointment.no_show_by_id = None
    try:
        db.session.flush()
        slot_ids = places.slots_under([appointment.id])
        places.take(slot_ids, online=False, appointment_id=appointment.id)
    except IntegrityError as error:
        raise refusal(error) from error


def _record(
    action: str, appointment: Appointment, *, by: Person, now: datetime, **details: object
) -> None:
    centre_id = appointment.centre_id
    audit.record(action, appointment, by=by.id, now=now, centre_id=centre_id, **details)
    db.session.flush()


def lift_pause(child: Child, *, by: Person, now: datetime) -> None:
    """Let the family book online again: what was missed before counts no more."""
    lift = PauseLift(child_id=child.id, at=now, by_id=by.id)
    db.session.add(lift)
    db.session.flush()
    audit.record("lift_pause", child, by=by.id, now=now)
    marks.look_again_for([child.id], now=now)
    db.session.flush()
