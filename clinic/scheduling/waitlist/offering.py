"""Whose turn it is when a place frees.

The family that has waited longest gets the place offered, to itself alone and for a while. An
offer is a hold with a deadline: nobody can take its places meanwhile, and once it is over it
never comes back. Verbs flush; the caller commits.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, or_, select
from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.dayparts import part_of
from clinic.scheduling.models import (
    Hold,
    HoldFor,
    Place,
    SlotService,
    WaitlistCentre,
    WaitlistEntry,
)
from clinic.scheduling.policies.stored import policy_for
from clinic.scheduling.search.together import Trip, objections_of
from clinic.scheduling.search.trips import find_trips
from clinic.scheduling.verdict.request import Request, SlotTaken, refusal
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.waitlist import marks
from clinic.sentences import mark

PASSED_ON = timedelta(minutes=2)  # a lapsed offer's place is still kept so long for the next family

MOST_LAPSES = 3  # offers that nobody answered: then the family waits no longer


class OfferLapsed(DomainError):
    message = mark("This offer is over. You keep your turn for the next place.")


def locked_entry(entry_id: int) -> WaitlistEntry:
    """The entry as it is by now, for this transaction alone."""
    return db.session.get_one(WaitlistEntry, entry_id, with_for_update=True, populate_existing=True)


def _locked_if_free(entry_id: int) -> WaitlistEntry | None:
    """The same, but None if another transaction has locked it, to offer it a place or to end it."""
    query = select(WaitlistEntry).where(
        WaitlistEntry.id == entry_id, WaitlistEntry.ended_at.is_(None)
    )
    return db.session.scalar(
        query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    )


def live_offers(entry_id: int) -> Sequence[Hold]:
    """The offers (their leading holds) that are not over yet."""
    query = select(Hold).where(
        Hold.entry_id == entry_id,
        Hold.lead_id.is_(None),
        Hold.booking_id.is_(None),
        Hold.ended_at.is_(None),
    )
    return db.session.scalars(query.order_by(Hold.id)).all()


def live_entries() -> Select[WaitlistEntry]:
    """A query of the entries that still wait."""
    return select(WaitlistEntry).where(WaitlistEntry.ended_at.is_(None))


def on_freed(slot_ids: Collection[int], *, now: datetime) -> set[int]:
    """Offer what has just become free to the waitlist. Returns the slots that are held now.

    In the transaction that freed them: nothing can come in between.
    """
    offered: set[int] = set()
    for entry_id in _entries_wanting(slot_ids, now):
        rest = set(slot_ids) - offered
        if not rest:
            break
        offered |= _serve(entry_id, rest, now=now)
    return offered


def _entries_wanting(slot_ids: Collection[int], now: datetime) -> Sequence[int]:
    """Entries that wait for one of these slots, the longest waiting first. One query if there are none."""
    if not slot_ids:
        return []
    freed = (SlotService.slot_id.in_(slot_ids), SlotService.starts_at > now)
    would_do = (
        select(SlotService.slot_id)
        .join(WaitlistCentre, WaitlistCentre.centre_id == SlotService.centre_id)
        .where(
            WaitlistCentre.entry_id == WaitlistEntry.id,
            SlotService.service_id == WaitlistEntry.service_id,
            *freed,
        )
    )
    query = (
        select(WaitlistEntry.id)
        .where(
            WaitlistEntry.service_id.in_(select(SlotService.service_id).where(*freed)),
            WaitlistEntry.ended_at.is_(None),
            would_do.exists(),
        )
        .order_by(WaitlistEntry.created_at, WaitlistEntry.id)
    )
    return db.session.scalars(query).all()


def _serve(entry_id: int, slot_ids: Collection[int], *, now: datetime) -> set[int]:
    """Offer the family the first visit that uses one of these slots (or any, if none are named).

    Never what was offered to it before, and one offer at a time.
    """
    entry = _locked_if_free(entry_id)
    if entry is None or live_offers(entry.id):
        return set()
    first, last = max(entry.first_day, clinic_day(now)), entry.last_day
    start, end = day_bounds(first, (last - first).days + 1)
    if slot_ids:
        start, end = _around(slot_ids, start, end)
    if start >= end:
        return set()
    declined = set(db.session.scalars(select(Hold.slot_id).where(Hold.entry_id == entry.id)))
    wishes = [Request(child, entry.service) for child in entry.children]
    centre_ids = [centre.id for centre in entry.centres]
    against = [objections_of(wish, now=now) for wish in wishes]
    for trip in find_trips(wishes, centre_ids, max(start, now), end, now=now, against=against):
        used = {slot_id for slot_time in trip.offers for slot_id in slot_time.slot_ids}
        if used & declined or (slot_ids and not used & set(slot_ids)):
            continue
        if _suits(entry, trip) and _offer(entry, wishes, trip, now=now):
            return used
    pauses = (theirs.paused_until(centre_id) for theirs in against for centre_id in centre_ids)
    entry.look_at = min([entry.look_at, *filter(None, pauses)])
    return set()


def _around(slot_ids: Collection[int], start: datetime, end: datetime) -> tuple[datetime, datetime]:
    """The days of these slots, as far as they lie in [start, end)."""
    query = select(SlotService.starts_at).where(SlotService.slot_id.in_(slot_ids))
    moments = list(db.session.scalars(query))
    first = day_bounds(clinic_day(min(moments)))[0]
    last = day_bounds(clinic_day(max(moments)))[1]
    return max(start, first), min(end, last)


def _suits(entry: WaitlistEntry, trip: Trip) -> bool:
    day = clinic_day(trip.starts_at)
    return (
        entry.first_day <= day <= entry.last_day
        and day.weekday() in entry.weekdays
        and all(part_of(slot_time.starts_at) in entry.parts for slot_time in trip.offers)
    )


def _offer(
    entry: WaitlistEntry, wishes: Sequence[Request], trip: Trip, *, now: datetime
) -> Hold | None:
    """Keep the visit's places for this family alone; None if they have gone meanwhile.

    None as well while another transaction has locked one of its slots: the worker looks again.
    """
    policy = policy_for(entry.service_id, trip.offers[0].centre_id)
    latest = trip.starts_at - timedelta(minutes=policy.notice_to_book)
    deadline = min(now + timedelta(minutes=policy.offer_minutes), latest)
    if deadline <= now:
        return None
    wanted = [
        Request(wish.child, wish.service, slots_for(wish.service, one.slot_id))
        for wish, one in zip(wishes, trip.offers, strict=True)
    ]
    slot_ids = [slot_id for wish in wanted for slot_id in wish.slot_ids]
    if not places.lock_if_free(slot_ids):
        entry.look_at = now + timedelta.resolution  # in its next round
        return None
    places.lock_to_take(slot_ids, now=now, online=True)
    try:
        with db.session.begin_nested():
            lead = _keep(entry, wanted, deadline, now)
    except IntegrityError as error:
        if not isinstance(refusal(error), SlotTaken):
            raise
        return None
    audit.record("offer", entry, by=None, now=now, hold_id=lead.id)
    db.session.flush()
    return lead


def _keep(
    entry: WaitlistEntry, wanted: Sequence[Request], deadline: datetime, now: datetime
) -> Hold:
    lead: Hold | None = None
    for one in wanted:
        kept = Hold(
            user_id=entry.user_id,
            child_id=one.child.id,
            service_id=one.service.id,
            slot_id=one.slots[0].id,
            slot_count=len(one.slots),
            purpose=HoldFor.WAITLIST,
            lead_id=lead.id if lead else None,
            entry_id=entry.id,
            created_at=now,
            expires_at=deadline,
        )
        db.session.add(kept)
        db.session.flush()
        lead = lead or kept
        places.take(one.slot_ids, online=True, hold_id=kept.id, expires_at=deadline + PASSED_ON)
    assert lead
    return lead


def pass_on(lead: Hold, *, now: datetime) -> set[int]:
    """An offer is over: end it, and offer its places to the next. The slots that found a family."""
    group = select(Hold.id).where(or_(Hold.id == lead.id, Hold.lead_id == lead.id))
    freed = places.end_holds(list(db.session.scalars(group)), now=now)
    marks.look_again_after([lead.id], now=now)
    return on_freed(set(freed), now=now)


def lapse(hold_id: int, *, now: datetime) -> set[int]:
    """The deadline of an offer has passed: the next is asked. An entry that let several pass ends."""
    group = or_(Hold.id == hold_id, Hold.lead_id == hold_id)
    held = select(Place.slot_id).join(Hold, Hold.id == Place.hold_id).where(group)
    places.lock(db.session.scalars(held))
    lead = db.session.get(Hold, hold_id, populate_existing=True)
    if not lead or lead.booking_id or lead.ended_at or lead.expires_at > now or not lead.entry_id:
        return set()
    entry = locked_entry(lead.entry_id)
    entry.lapses += 1
    if entry.lapses >= MOST_LAPSES:
        entry.ended_at = now
    audit.record("offer_lapsed", entry, by=None, now=now, lapses=entry.lapses)
    db.session.flush()
    return pass_on(lead, now=now)


def lapsed(*, now: datetime) -> list[int]:
    """The offers whose deadline has passed."""
    query = select(Hold.id).where(
        Hold.purpose == HoldFor.WAITLIST,
        Hold.lead_id.is_(None),
        Hold.booking_id.is_(None),
        Hold.ended_at.is_(None),
        Hold.expires_at <= now,
    )
    return list(db.session.scalars(query.order_by(Hold.id)))


def look_for(entry_id: int, *, now: datetime) -> set[int]:
    """Look for any free place for one family; a wish whose last day is past ends. The slots found."""
    entry = _locked_if_free(entry_id)
    if entry is None:
        return set()
    entry.look_at = marks.next_look(entry, now=now)
    if entry.last_day < clinic_day(now):
        entry.ended_at = now
    db.session.flush()
    return set() if entry.ended_at else _serve(entry.id, (), now=now)


def must_be_live(hold: Hold, *, now: datetime) -> None:
    """Raise OfferLapsed, or SlotTaken for a new time, when an offer is over: it never comes back."""
    if hold.purpose is HoldFor.WAITLIST and (hold.ended_at or hold.expires_at <= now):
        raise OfferLapsed
    if hold.ended_at:
        raise SlotTaken


def fulfil(entry_id: int, booking_id: int, *, now: datetime) -> None:
    """A booking came of it."""
    entry = locked_entry(entry_id)
    entry.ended_at, entry.booking_id = now, booking_id
    db.session.flush()
