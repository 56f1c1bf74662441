"""Booking, moving, cancelling. These change rows and flush; whoever calls them commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import User
from clinic.centres.models import Service, ServiceKind
from clinic.clock import clinic_day
from clinic.db import broken_promise, db
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.i18n import mark
from clinic.scheduling import places, rules
from clinic.scheduling.models import Appointment, Booking, Channel, Hold
from clinic.scheduling.policies import Policy, policy_for
from clinic.scheduling.queries import Diary, SlotFacts, diary_of
from clinic.scheduling.references import new_reference
from clinic.scheduling.status import Status, status_of


class SlotTaken(DomainError):
    message = mark("That time has just gone. These are the nearest free times.")


class ChildBusy(DomainError):
    message = mark("Your child already has an appointment at that time.")


class Refused(DomainError):
    """The rules object; the first objection is the one to say."""

    def __init__(self, objections: Sequence[rules.Objection]) -> None:
        self.objections = tuple(objections)
        self.message = objections[0].message
        super().__init__(**objections[0].params)


class TooLate(DomainError):
    message = mark("It is too late to change this online. Please call the centre.")


class SamePlaceTwice(DomainError):
    message = mark("The same time was asked for twice for one child.")


class NotChangeable(DomainError):
    message = mark("This appointment can no longer be changed.")


@dataclass(frozen=True)
class Wanted:
    """One appointment asked for: a child, a service, and the consecutive slots it takes."""

    child: Child
    service: Service
    slots: tuple[SlotFacts, ...]
    reason: str = ""
    hold: Hold | None = None

    @property
    def starts_at(self) -> datetime:
        return self.slots[0].starts_at

    @property
    def ends_at(self) -> datetime:
        return self.slots[-1].ends_at

    @property
    def centre_id(self) -> int:
        return self.slots[0].centre_id

    @property
    def slot_ids(self) -> list[int]:
        return [slot.id for slot in self.slots]

    @property
    def policy(self) -> Policy:
        return policy_for(self.service.id, self.centre_id)


def asking(
    child: Child, service: Service, policy: Policy, diary: Diary, *, online: bool, now: datetime
) -> rules.Asking:
    """What the rules need to know of a child who wants this service."""
    # By law of the house no vaccination is ever refused for a missed visit.
    never_paused = service.kind is ServiceKind.VACCINATION
    return rules.Asking(
        birth_date=child.birth_date,
        min_age_months=service.min_age_months,
        max_age_months=service.max_age_months,
        online=online,
        other_times=tuple(diary.times),
        same_service_days=diary.days_of(service),
        paused_until=None if never_paused else rules.paused_until(diary.absences, policy, now),
        policy=policy,
    )


def examine(
    wanted: Wanted, *, online: bool, now: datetime, except_for: Appointment | None = None
) -> list[rules.Objection]:
    """What the scheduler's rules object to; places and overlaps are the database's to refuse."""
    diary = diary_of(wanted.child.id, now=now, except_for=except_for.id if except_for else None)
    who = asking(wanted.child, wanted.service, wanted.policy, diary, online=online, now=now)
    slot = rules.Candidate(
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        day=clinic_day(wanted.starts_at),
        opens_at=max(slot.opens_at for slot in wanted.slots),
        is_free=True,
        is_closed=any(slot.closed for slot in wanted.slots),
    )
    return rules.objections(who, slot, now)


def book(
    wanted: Sequence[Wanted], *, by: User, key: str, channel: Channel, now: datetime
) -> Booking:
    """Take every place or none, once per key.

    The same key again gives the same booking. Raises Refused, SlotTaken, ChildBusy or
    SamePlaceTwice, after which the caller rolls back.
    """
    online = channel is Channel.ONLINE
    slot_ids = [slot_id for one in wanted for slot_id in one.slot_ids]
    places.lock_to_take(slot_ids, [one.child.id for one in wanted], now=now, online=online)
    if earlier := find_booking(key):
        return earlier
    if len({(one.child.id, slot_id) for one in wanted for slot_id in one.slot_ids}) < len(slot_ids):
        raise SamePlaceTwice
    booking = Booking(
        reference=new_reference(),
        idempotency_key=key,
        made_by_id=by.id,
        made_at=now,
        channel=channel,
    )
    db.session.add(booking)
    db.session.flush()
    for one in sorted(wanted, key=lambda one: one.starts_at):
        if found := examine(one, online=online, now=now):
            raise Refused(found)
        appointment = _appointment(one, booking)
        try:
            db.session.flush()
            _take_places(one, appointment, online=online)
        except IntegrityError as error:
            raise refusal(error) from error
        if one.hold:
            one.hold.booking_id = booking.id
        audit.record(
            "book",
            appointment,
            by=by.id,
            now=now,
            centre_id=appointment.centre_id,
            booking_id=booking.id,
            channel=channel.value,
        )
    db.session.flush()
    return booking


def find_booking(key: str) -> Booking | None:
    """The booking that this key made, if it did."""
    return db.session.scalar(select(Booking).where(Booking.idempotency_key == key))


def _appointment(one: Wanted, booking: Booking) -> Appointment:
    first = one.slots[0]
    appointment = Appointment(
        booking=booking,
        child=one.child,
        service=one.service,
        reason=one.reason,
        **_place_and_time(first, one.slots),
    )
    db.session.add(appointment)
    return appointment


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


def _take_places(one: Wanted, appointment: Appointment, *, online: bool) -> None:
    """Use the hold's places where it still has them, and take the others."""
    kept = places.keep_for_appointment(one.hold, appointment.id) if one.hold else set()
    if missing := [slot.id for slot in one.slots if slot.id not in kept]:
        places.take(missing, online=online, appointment_id=appointment.id)


def move(
    appointment: Appointment,
    wanted: Wanted,
    *,
    by: User,
    online: bool,
    now: datetime,
) -> Appointment:
    """Give the appointment another time: the new place is taken and the old one free, or nothing changed.

    Its reference stays. Raises Refused, SlotTaken, ChildBusy, TooLate or NotChangeable.
    """
    if wanted.hold and wanted.hold.booking_id:
        return appointment  # the same form again
    old_slots = places.slots_of(appointment_id=appointment.id)
    places.lock_to_take(
        [*old_slots, *wanted.slot_ids], [appointment.child_id], now=now, online=online
    )
    db.session.refresh(appointment)
    if wanted.hold:
        db.session.refresh(wanted.hold)
        if wanted.hold.booking_id:
            return appointment
    must_be_changeable(appointment, online=online, now=now)
    if found := examine(wanted, online=online, now=now, except_for=appointment):
        raise Refused(found)
    before, was_displaced = appointment.starts_at, appointment.displaced_at is not None
    places.give_back(appointment_id=appointment.id, now=now, policy=wanted.policy)
    appointment.displaced_at, appointment.displaced_by_id = None, None
    for name, value in _place_and_time(wanted.slots[0], wanted.slots).items():
        setattr(appointment, name, value)
    try:
        db.session.flush()
        _take_places(wanted, appointment, online=online)
    except IntegrityError as error:
        raise refusal(error) from error
    if wanted.hold:
        wanted.hold.booking_id = appointment.booking_id
    if was_displaced:
        places.drop_new_times(appointment.id, but=wanted.hold.id if wanted.hold else None)
    audit.record(
        "move",
        appointment,
        by=by.id,
        now=now,
        centre_id=appointment.centre_id,
        before=before.isoformat(),
        after=appointment.starts_at.isoformat(),
    )
    db.session.flush()
    return appointment


def cancel(
    appointment: Appointment, *, by: User, online: bool, now: datetime, reason: str = ""
) -> None:
    """Cancel it and free its places at once. Cancelling twice is cancelling once."""
    places.lock(places.slots_of(appointment_id=appointment.id), [appointment.child_id])
    db.session.refresh(appointment)
    if status_of(appointment) is Status.CANCELLED:
        return
    must_be_changeable(appointment, online=online, now=now, cancelling=True)
    appointment.cancelled_at, appointment.cancelled_by_id = now, by.id
    appointment.cancel_reason = reason
    db.session.flush()
    policy = policy_for(appointment.service_id, appointment.centre_id)
    places.give_back(appointment_id=appointment.id, now=now, policy=policy)
    if appointment.displaced_at is not None:
        places.drop_new_times(appointment.id)
    audit.record("cancel", appointment, by=by.id, now=now, centre_id=appointment.centre_id)
    db.session.flush()


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
        raise TooLate


def may_change_online(appointment: Appointment, *, now: datetime, cancelling: bool = False) -> bool:
    """Whether the family itself may still move it, or cancel it."""
    policy = policy_for(appointment.service_id, appointment.centre_id)
    notice = policy.notice_to_cancel if cancelling else policy.notice_to_move
    return rules.may_change_online(appointment.starts_at, notice, now)


FULL = (
    "ck_slots_taken_within_capacity",
    "ck_slots_online_within_share",
    "ck_slots_closed_is_empty",
)


def refusal(error: IntegrityError) -> DomainError:
    """What the database refused, in words for a person; anything unknown goes on as it is."""
    promise = broken_promise(error)
    if any(one in promise for one in FULL):
        return SlotTaken()
    if "ex_appointments_child" in promise:
        return ChildBusy()
    raise error
