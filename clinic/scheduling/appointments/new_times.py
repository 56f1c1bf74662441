"""New times for families whose hours were changed: the best ones are kept for them for a while.

Verbs flush; the caller commits once a family, so that nobody waits for another.
"""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling import places
from clinic.scheduling.models import Appointment, Booking, Hold, HoldFor, Place, Slot
from clinic.scheduling.policies.stored import policy_for
from clinic.scheduling.queries import appointments
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.diaries import child_times
from clinic.scheduling.verdict.request import Request, SlotTaken, refusal
from clinic.scheduling.verdict.slot_times import SlotTime, find_slot_times, slots_for
from clinic.scheduling.waitlist.offering import on_freed

KEPT = 2  # new times kept for each appointment
MOST_ROUNDS = 3  # so often, if nobody answers: then the centre calls
WITHIN = timedelta(days=14)


def waiting(centre_id: int | None = None) -> list[Appointment]:
    """The appointments that need a new time, the first booked first."""
    query = appointments().where(
        Appointment.displaced_at.is_not(None),
        Appointment.cancelled_at.is_(None),
        Appointment.no_show_at.is_(None),
    )
    if centre_id is not None:
        query = query.where(Appointment.centre_id == centre_id)
    return list(db.session.scalars(query.order_by(None).order_by(Booking.made_at, Appointment.id)))


def not_offered_yet(*, now: datetime) -> list[int]:
    """The ids of those that have no new time to choose from, and did not let several pass yet."""
    theirs = (Hold.moves_id == Appointment.id, Hold.purpose == HoldFor.NEW_TIME)
    live = select(Hold.id).where(*theirs, *_is_live(now))
    offered = (
        select(func.count())
        .where(*theirs, Hold.created_at >= Appointment.displaced_at)
        .scalar_subquery()
    )
    query = (
        select(Appointment.id)
        .join(Booking, Booking.id == Appointment.booking_id)
        .where(
            Appointment.displaced_at.is_not(None),
            Appointment.cancelled_at.is_(None),
            ~live.exists(),
            offered < KEPT * MOST_ROUNDS,
        )
        .order_by(Booking.made_at, Appointment.id)
    )
    return list(db.session.scalars(query))


def _is_live(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """A kept time that can still be taken: not over, and its places still there."""
    kept = select(Place.id).where(Place.hold_id == Hold.id)
    return Hold.booking_id.is_(None), Hold.ended_at.is_(None), Hold.expires_at > now, kept.exists()


def offer_to(appointment_id: int, *, now: datetime) -> list[Hold]:
    """Keep the best new times for an appointment that lost its own; none if it has a time again.

    Best is the same practitioner before another, then the nearest in time; always at the same
    centre, where the family meant to go; never what the family declined. Of two workers one does
    it; the other passes on.
    """
    places.lock(places.slots_around([appointment_id]))
    theirs = select(Appointment).where(Appointment.id == appointment_id)
    appointment = db.session.scalar(
        theirs.with_for_update(skip_locked=True), execution_options={"populate_existing": True}
    )
    if appointment is None or status_of(appointment) is not Status.DISPLACED:
        return []
    if kept_for(appointment, now=now):
        return []
    freed = places.end_new_times(appointment.id, now=now)  # what they let pass
    policy = policy_for(appointment.service_id, appointment.centre_id)
    deadline = now + timedelta(hours=policy.new_time_hours)
    made: list[Hold] = []
    for slot_time in _best(appointment, now=now):
        if len(made) == KEPT:
            break
        if kept := _keep(appointment, slot_time, deadline, now=now):
            made.append(kept)
    if made:
        audit.record(
            "offer_new_times",
            appointment,
            by=None,
            now=now,
            centre_id=appointment.centre_id,
            holds=len(made),
        )
    db.session.flush()
    used = {hold.slot_id for hold in made}
    on_freed(set(freed) - used, now=now)
    return made


def kept_for(appointment: Appointment, *, now: datetime) -> Sequence[Hold]:
    """The new times that are kept for it and can still be taken, earliest first."""
    query = select(Hold).where(
        Hold.moves_id == appointment.id, Hold.purpose == HoldFor.NEW_TIME, *_is_live(now)
    )
    return db.session.scalars(query.order_by(Hold.id)).all()


def times_kept(appointment_ids: Collection[int], *, now: datetime) -> dict[int, list[datetime]]:
    """When the new times begin that can still be taken, by appointment, earliest kept first. One query."""
    found: dict[int, list[datetime]] = {appointment_id: [] for appointment_id in appointment_ids}
    query = (
        select(Hold.moves_id, Slot.starts_at)
        .join(Slot, Slot.id == Hold.slot_id)
        .where(Hold.moves_id.in_(found), Hold.purpose == HoldFor.NEW_TIME, *_is_live(now))
        .order_by(Hold.id)
    )
    for appointment_id, starts_at in db.session.execute(query):
        assert appointment_id
        found[appointment_id].append(starts_at)
    return found


def _declined(appointment: Appointment) -> set[int]:
    """The slots that the family said no to: it gave them back before their time was over."""
    query = select(Hold.slot_id).where(
        Hold.moves_id == appointment.id,
        Hold.purpose == HoldFor.NEW_TIME,
        Hold.created_at >= appointment.displaced_at,
        Hold.ended_at < Hold.expires_at,
    )
    return set(db.session.scalars(query))


def _best(appointment: Appointment, *, now: datetime) -> Iterator[SlotTime]:
    """Free times that nothing stands against, the best first."""
    near = max(appointment.starts_at, now)
    child, service = appointment.child, appointment.service
    busy = child_times(child.id, except_for=[appointment.id])
    earliest = now + timedelta(hours=2)  # a family needs some time to answer and to come
    found = find_slot_times(
        service,
        [appointment.centre_id],
        max(earliest, near - WITHIN),
        near + WITHIN,
        now=now,
        online=False,
    )
    found.sort(
        key=lambda one: (
            one.practitioner_id != appointment.practitioner_id,
            abs(one.starts_at - near),
        )
    )
    declined = _declined(appointment)
    for one in found:
        if one.slot_id in declined:
            continue
        is_busy = any(rules.overlap(one.starts_at, one.ends_at, a, b) for a, b in busy)
        if (
            one.is_free
            and not is_busy
            and not rules.age_objection(child.birth_date, service, clinic_day(one.starts_at))
        ):
            yield one


def _keep(
    appointment: Appointment, slot_time: SlotTime, deadline: datetime, *, now: datetime
) -> Hold | None:
    """Keep this time for the family; None if it has gone meanwhile, or somebody deals with it."""
    wanted = Request(
        appointment.child, appointment.service, slots_for(appointment.service, slot_time.slot_id)
    )
    if not places.lock_if_free(wanted.slot_ids):
        return None
    places.lock_to_take(wanted.slot_ids, now=now, online=False)
    kept = Hold(
        user_id=appointment.booking.made_by_id,
        child_id=appointment.child_id,
        service_id=appointment.service_id,
        slot_id=slot_time.slot_id,
        slot_count=len(slot_time.slot_ids),
        purpose=HoldFor.NEW_TIME,
        moves_id=appointment.id,
        created_at=now,
        expires_at=min(deadline, slot_time.starts_at),
    )
    try:
        with db.session.begin_nested():
            db.session.add(kept)
            db.session.flush()
            places.take(wanted.slot_ids, online=False, hold_id=kept.id, expires_at=kept.expires_at)
    except IntegrityError as error:
        if not isinstance(refusal(error), SlotTaken):
            raise
        return None
    return kept
