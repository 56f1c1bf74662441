"""Booking and cancelling; see `moving` beside it. Verbs flush; the caller commits."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.db import db
from clinic.errors import DomainError
from clinic.families import reconciling
from clinic.scheduling import places
from clinic.scheduling.appointments import rows
from clinic.scheduling.appointments.rows import BookingMade
from clinic.scheduling.models import Appointment, Channel, Hold
from clinic.scheduling.policies.policy import Policy
from clinic.scheduling.policies.stored import policy_for
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.request import (
    Held,
    Refused,
    Request,
    SlotTaken,
    refusal,
)
from clinic.scheduling.verdict.requirements import NOTHING_REQUIRED, RequirementsByKind
from clinic.scheduling.verdict.slot_times import SlotFacts
from clinic.scheduling.verdict.verdict import must_differ, verdict
from clinic.scheduling.waitlist import offering
from clinic.sentences import mark


class TooLate(DomainError):
    message = mark(
        "Less than %(notice)s before the visit, it cannot be moved or cancelled online. "
        "Please call the centre."
    )


class NotChangeable(DomainError):
    message = mark("This appointment can no longer be changed.")


def book(
    requests: Sequence[Request],
    requirements: RequirementsByKind = NOTHING_REQUIRED,
    *,
    by: Person,
    key: str,
    channel: Channel,
    now: datetime,
) -> BookingMade:
    """Take every place or none, then give each visit what it requires, once per key.

    For families, staff and whole courses alike; `channel` decides whether the rules for families
    hold. The same key gives the same booking. Raises Refused, SlotTaken, ChildBusy, SamePlaceTwice,
    OfferLapsed, or what assigning raises, after which the caller rolls back.
    """
    online = channel is Channel.ONLINE
    slot_ids = [slot_id for request in requests for slot_id in request.slot_ids]
    children = [request.child.id for request in requests]
    freed = places.lock_to_take(slot_ids, children, now=now, online=online)
    booking_id = rows.add_booking(key, by=by.id, channel=channel, now=now)
    if booking_id is None:
        return rows.made_before(key)
    must_differ(requests)
    made: dict[int, int] = {}
    entry_id = None
    for number, request in sorted(enumerate(requests), key=lambda pair: pair[1].starts_at):
        if request.hold:
            entry_id = _use(request.hold, booking_id, now=now) or entry_id
        if found := verdict(request, requirements, online=online, now=now):
            raise Refused(found)
        made[number] = _insert(request, booking_id, by=by, channel=channel, now=now)
    if entry_id is not None:
        offering.fulfil(entry_id, booking_id, now=now)
    offering.on_freed(freed, now=now)
    for number, request in enumerate(requests):
        requirements.assign(request, made[number], by=by, now=now)
    return BookingMade(booking_id, [made[number] for number in range(len(requests))], is_new=True)


def _use(hold: Held, booking_id: int, *, now: datetime) -> int | None:
    """Mark the hold as used; the id of the waitlist entry that it was offered to, if one. Raises SlotTaken
    or OfferLapsed.
    """
    used = rows.use_hold(hold.id, booking_id, now=now)
    if used is None:
        still_held(hold, now=now)
        raise SlotTaken
    if isinstance(hold, Hold):
        db.session.expire(hold)
    entry_id: int | None = used.entry_id
    return entry_id


def _insert(
    request: Request, booking_id: int, *, by: Person, channel: Channel, now: datetime
) -> int:
    """A new appointment in its places: its id. Raises SlotTaken or ChildBusy."""
    row = place_and_time(request.slots) | {
        "booking_id": booking_id,
        "child_id": request.child.id,
        "service_id": request.service.id,
        "reason": request.reason,
    }
    try:
        appointment_id = rows.add_appointment(row)
        take_places(request, appointment_id, online=channel is Channel.ONLINE)
    except IntegrityError as error:
        raise refusal(error) from error
    audit.record(
        "book",
        (Appointment.__tablename__, appointment_id),
        by=by.id,
        now=now,
        centre_id=request.centre_id,
        booking_id=booking_id,
        channel=channel.value,
    )
    return appointment_id


def still_held(hold: Held | None, *, now: datetime) -> Hold | None:
    """The hold as it is by now. Raises SlotTaken or OfferLapsed if it is gone, or over."""
    if hold is None:
        return None
    row = db.session.get(Hold, hold.id, populate_existing=True)
    if row is None:
        raise SlotTaken
    offering.must_be_live(row, now=now)
    return row


def place_and_time(slots: Sequence[SlotFacts]) -> dict[str, object]:
    """What an appointment in these slots says of its place and time."""
    first = slots[0]
    return {
        "centre_id": first.centre_id,
        "practitioner_id": first.practitioner_id,
        "room_id": first.room_id,
        "slot_id": first.id,
        "slot_count": len(slots),
        "starts_at": first.starts_at,
        "ends_at": slots[-1].ends_at,
    }


def take_places(request: Request, appointment_id: int, *, online: bool) -> None:
    """Use the hold's places where it still has them, and take the others."""
    hold = request.hold
    held = places.keep_for_appointment(hold.id, appointment_id) if hold else set()
    if missing := [slot.id for slot in request.slots if slot.id not in held]:
        places.take(missing, online=online, appointment_id=appointment_id)


def cancel(
    appointment: Appointment, *, by: Person, online: bool, now: datetime, reason: str = ""
) -> None:
    """Cancel it and free its places at once. Cancelling twice is cancelling once."""
    places.lock(places.slots_around([appointment.id]), [appointment.child_id])
    db.session.refresh(appointment)
    if status_of(appointment) is Status.CANCELLED:
        return
    must_be_changeable(appointment, online=online, now=now, cancelling=True)
    appointment.cancelled_at, appointment.cancelled_by_id = now, by.id
    appointment.cancel_reason = reason
    db.session.flush()
    freed = places.free(appointment_id=appointment.id)
    if appointment.displaced_at is not None:
        freed += places.end_new_times(appointment.id, now=now)
    policy = policy_for(appointment.service_id, appointment.centre_id)
    freed_for_others(freed, policy, now=now)
    audit.record("cancel", appointment, by=by.id, now=now, centre_id=appointment.centre_id)
    reconciling.reconcile([appointment.child_id], by=by, now=now)


def cancel_all(
    appointments: Sequence[Appointment], *, by: Person, online: bool, now: datetime, reason: str
) -> None:
    """Cancel several, all of them or none: raises as `must_be_changeable` does."""
    slot_ids = places.slots_around([appointment.id for appointment in appointments])
    places.lock(slot_ids, {appointment.child_id for appointment in appointments})
    for appointment in appointments:
        cancel(appointment, by=by, online=online, now=now, reason=reason)


def freed_for_others(slot_ids: Iterable[int], policy: Policy, *, now: datetime) -> None:
    """What has become free goes to the waitlist; else, right after a release, it rests a little."""
    freed = set(slot_ids)
    left = freed - offering.on_freed(freed, now=now)
    places.rest(sorted(left), now=now, policy=policy)


def must_be_changeable(
    appointment: Appointment, *, online: bool, now: datetime, cancelling: bool = False
) -> None:
    """Raise NotChangeable or TooLate unless it may still be moved, or cancelled.

    What waits for a new time may be changed at any moment: the centre owes it one.
    """
    status = status_of(appointment)
    if status is Status.DISPLACED:
        return
    if status is not Status.BOOKED:
        raise NotChangeable
    if online and not may_change_online(appointment, now=now, cancelling=cancelling):
        raise too_late(appointment, cancelling=cancelling)


def may_change_online(appointment: Appointment, *, now: datetime, cancelling: bool = False) -> bool:
    """Whether the family itself may still move it, or cancel it."""
    notice = _notice(appointment, cancelling=cancelling)
    return rules.may_change_online(appointment.starts_at, notice, now)


def too_late(appointment: Appointment, *, cancelling: bool = False) -> TooLate:
    """What a family reads that may no longer change it by itself."""
    return TooLate(notice=timedelta(minutes=_notice(appointment, cancelling=cancelling)))


def _notice(appointment: Appointment, *, cancelling: bool) -> int:
    """In minutes."""
    policy = policy_for(appointment.service_id, appointment.centre_id)
    return policy.notice_to_cancel if cancelling else policy.notice_to_move
