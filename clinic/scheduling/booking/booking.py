"""Booking, moving, cancelling. These change rows and flush; whoever calls them commits."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.db import db
from clinic.errors import DomainError
from clinic.families import again
from clinic.scheduling import places, rules
from clinic.scheduling.booking import rows
from clinic.scheduling.booking.rows import BookingMade
from clinic.scheduling.models import Appointment, Booking, Channel, Hold, HoldFor
from clinic.scheduling.policies import policy_for
from clinic.scheduling.policy import Policy
from clinic.scheduling.queries import SlotFacts
from clinic.scheduling.request import (
    Held,
    Refused,
    Request,
    SlotTaken,
    examine,
    must_differ,
    refusal,
)
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.waitlist import waiting
from clinic.sentences import mark

BY_KEY = select(Booking).where(Booking.idempotency_key == bindparam("key"))


class TooLate(DomainError):
    message = mark(
        "Less than %(notice)s before the visit, it cannot be moved or cancelled online. "
        "Please call the centre."
    )


class NotChangeable(DomainError):
    message = mark("This appointment can no longer be changed.")


def book(
    wanted: Sequence[Request], *, by: Person, key: str, channel: Channel, now: datetime
) -> Booking:
    """As `make`, for who goes on with the rows."""
    made = make(wanted, by=by, key=key, channel=channel, now=now)
    for one in wanted:
        if isinstance(one.hold, Hold):
            db.session.expire(one.hold)
    return db.session.get_one(Booking, made.booking_id)


def make(
    wanted: Sequence[Request], *, by: Person, key: str, channel: Channel, now: datetime
) -> BookingMade:
    """Take every place or none, once per key.

    The same key again gives the same booking. Raises Refused, SlotTaken, ChildBusy,
    SamePlaceTwice or OfferLapsed, after which the caller rolls back.
    """
    online = channel is Channel.ONLINE
    slot_ids = [slot_id for wish in wanted for slot_id in wish.slot_ids]
    freed = places.lock_to_take(
        slot_ids, [wish.child.id for wish in wanted], now=now, online=online
    )
    booking_id = rows.add_booking(key, by=by.id, channel=channel, now=now)
    if booking_id is None:
        return rows.made_before(key)
    must_differ(wanted)
    made: dict[int, int] = {}
    entry_id = None
    for number, one in sorted(enumerate(wanted), key=lambda pair: pair[1].starts_at):
        if one.hold:
            entry_id = _use(one.hold, booking_id, now=now) or entry_id
        if found := examine(one, online=online, now=now):
            raise Refused(found)
        made[number] = _sit_down(one, booking_id, online=online)
        audit.record(
            "book",
            (Appointment.__tablename__, made[number]),
            by=by.id,
            now=now,
            centre_id=one.centre_id,
            booking_id=booking_id,
            channel=channel.value,
        )
    if entry_id is not None:
        waiting.fulfil(entry_id, booking_id, now=now)
    waiting.on_freed(freed, now=now)
    return BookingMade(booking_id, [made[number] for number in range(len(wanted))], is_new=True)


def _use(hold: Held, booking_id: int, *, now: datetime) -> int | None:
    """Say what became of the hold: the wish that it was found for. Raises SlotTaken or OfferLapsed."""
    if used := rows.use_hold(hold.id, booking_id, now=now):
        return used.entry_id  # type: ignore[no-any-return]
    _still_kept(hold, now=now)
    raise SlotTaken


def _sit_down(one: Request, booking_id: int, *, online: bool) -> int:
    """A new appointment in its places: its id. Raises SlotTaken or ChildBusy."""
    row = _place_and_time(one.slots[0], one.slots) | {
        "booking_id": booking_id,
        "child_id": one.child.id,
        "service_id": one.service.id,
        "reason": one.reason,
    }
    try:
        appointment_id = rows.add_appointment(row)
        _take_places(one, appointment_id, online=online)
    except IntegrityError as error:
        raise refusal(error) from error
    return appointment_id


def _still_kept(hold: Held | None, *, now: datetime) -> Hold | None:
    """The hold as it is by now. Raises SlotTaken or OfferLapsed if it is gone, or over."""
    if hold is None:
        return None
    kept = db.session.get(Hold, hold.id, populate_existing=True)
    if kept is None:
        raise SlotTaken
    waiting.must_be_live(kept, now=now)
    return kept


def find_booking(key: str) -> Booking | None:
    """The booking that this key made, if it did."""
    return db.session.scalar(BY_KEY, {"key": key})


def _place_and_time(first: SlotFacts, slots: Sequence[SlotFacts]) -> dict[str, object]:
    return {
        "centre_id": first.centre_id,
        "practitioner_id": first.practitioner_id,
        "room_id": first.room_id,
        "slot_id": first.id,
        "slot_count": len(slots),
        "starts_at": first.starts_at,
        "ends_at": slots[-1].ends_at,
    }


def _take_places(one: Request, appointment_id: int, *, online: bool) -> None:
    """Use the hold's places where it still has them, and take the others."""
    kept = places.keep_for_appointment(one.hold.id, appointment_id) if one.hold else set()
    if missing := [slot.id for slot in one.slots if slot.id not in kept]:
        places.take(missing, online=online, appointment_id=appointment_id)


def move(
    appointment: Appointment,
    wanted: Request,
    *,
    by: Person,
    online: bool,
    now: datetime,
) -> Appointment:
    """Give the appointment another time: the new place is taken and the old one free, or nothing changed.

    Its reference stays. Raises Refused, SlotTaken, ChildBusy, TooLate or NotChangeable.
    """
    asked = [*places.slots_around([appointment.id]), *wanted.slot_ids]
    given_free = places.lock_to_take(asked, [appointment.child_id], now=now, online=online)
    db.session.refresh(appointment)
    kept = db.session.get(Hold, wanted.hold.id, populate_existing=True) if wanted.hold else None
    if kept and kept.booking_id:
        return appointment  # the same form again
    _still_kept(wanted.hold, now=now)
    must_be_changeable(appointment, online=online, now=now)
    # What the centre owes a family is not refused by the rules for families.
    if kept and kept.purpose is HoldFor.NEW_TIME and appointment.displaced_at is not None:
        online = False
    if found := examine(wanted, online=online, now=now, except_for=[appointment.id]):
        raise Refused(found)
    before = (appointment.starts_at, appointment.slot_id)
    was_displaced = appointment.displaced_at is not None
    freed = {*places.give_back(appointment_id=appointment.id), *given_free}
    appointment.displaced_at, appointment.displaced_by_id = None, None
    appointment.question = None
    _sit(appointment, wanted, online=online)
    if kept:
        kept.booking_id, kept.expires_at = appointment.booking_id, max(kept.expires_at, now)
    if was_displaced:
        freed.update(places.end_new_times(appointment.id, but=kept.id if kept else None, now=now))
    freed_for_others(freed - set(wanted.slot_ids), wanted.policy, now=now)
    _moved(appointment, before, by=by, now=now)
    again.look([appointment.child_id], by=by, now=now)
    return appointment


def _sit(appointment: Appointment, wanted: Request, *, online: bool) -> None:
    """Put the appointment into these slots. Raises SlotTaken or ChildBusy."""
    for name, value in _place_and_time(wanted.slots[0], wanted.slots).items():
        setattr(appointment, name, value)
    try:
        db.session.flush()
        _take_places(wanted, appointment.id, online=online)
    except IntegrityError as error:
        raise refusal(error) from error


def _moved(
    appointment: Appointment, before: tuple[datetime, int], *, by: Person, now: datetime
) -> None:
    audit.record(
        "move",
        appointment,
        by=by.id,
        now=now,
        centre_id=appointment.centre_id,
        before=before[0].isoformat(),
        before_slot=before[1],
        after=appointment.starts_at.isoformat(),
    )


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
    freed = places.give_back(appointment_id=appointment.id)
    if appointment.displaced_at is not None:
        freed += places.end_new_times(appointment.id, now=now)
    policy = policy_for(appointment.service_id, appointment.centre_id)
    freed_for_others(freed, policy, now=now)
    audit.record("cancel", appointment, by=by.id, now=now, centre_id=appointment.centre_id)
    again.look([appointment.child_id], by=by, now=now)


def cancel_all(
    appointments: Sequence[Appointment], *, by: Person, online: bool, now: datetime, reason: str
) -> None:
    """Cancel several, all of them or none: raises as `must_be_changeable` does."""
    slot_ids = places.slots_around([appointment.id for appointment in appointments])
    places.lock(slot_ids, {appointment.child_id for appointment in appointments})
    for appointment in appointments:
        cancel(appointment, by=by, online=online, now=now, reason=reason)


def freed_for_others(slot_ids: Iterable[int], policy: Policy, *, now: datetime) -> None:
    """What has become free goes to who waits for it; else, right after a release, it rests a little."""
    freed = set(slot_ids)
    left = freed - waiting.on_freed(freed, now=now)
    places.rest(sorted(left), now=now, policy=policy)


def move_all(
    moves: Sequence[tuple[Appointment, Request]], *, by: Person, online: bool, now: datetime
) -> None:
    """Give several appointments other times, also each other's: all of them or none.

    Raises as `move` does.
    """
    appointments = [appointment for appointment, _ in moves]
    new = [slot_id for _, wanted in moves for slot_id in wanted.slot_ids]
    slot_ids = [*new, *places.slots_around([appointment.id for appointment in appointments])]
    places.lock_to_take(
        slot_ids, {appointment.child_id for appointment in appointments}, now=now, online=online
    )
    kept = {one.id: _still_kept(wanted.hold, now=now) for one, wanted in moves}
    if any(hold and hold.booking_id for hold in kept.values()):
        return  # the same form again
    freed: dict[int, set[int]] = {}
    for one in appointments:
        db.session.refresh(one)
        must_be_changeable(one, online=online, now=now)
        freed[one.id] = set(places.give_back(appointment_id=one.id))
        if one.displaced_at is not None:
            hold = kept[one.id]
            freed[one.id].update(
                places.end_new_times(one.id, but=hold.id if hold else None, now=now)
            )
        # Out of each other's way, until each has its new time.
        one.displaced_at, one.displaced_by_id = now, by.id
    db.session.flush()
    for appointment, wanted in sorted(moves, key=lambda pair: pair[1].starts_at):
        before, hold = (appointment.starts_at, appointment.slot_id), kept[appointment.id]
        by_rules = online and not (hold and hold.purpose is HoldFor.NEW_TIME)  # owed: as in `move`
        if found := examine(wanted, online=by_rules, now=now, except_for=[appointment.id]):
            raise Refused(found)
        appointment.displaced_at, appointment.displaced_by_id = None, None
        appointment.question = None
        _sit(appointment, wanted, online=by_rules)
        if hold:
            hold.booking_id = appointment.booking_id
        _moved(appointment, before, by=by, now=now)
    db.session.flush()
    for appointment, wanted in moves:
        freed_for_others(freed[appointment.id] - set(new), wanted.policy, now=now)
    again.look({appointment.child_id for appointment in appointments}, by=by, now=now)


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
