"""Whose turn it is when a place frees.

The family that has waited longest gets the place offered, to itself alone and for a while. An
offer is a hold with a deadline: nobody can take its places meanwhile, and once it is over it
never comes back. Verbs flush; the caller commits.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Select, or_, select

from clinic import audit
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.models import (
    Hold,
    HoldFor,
    Place,
    SlotService,
    WaitlistCentre,
    WaitlistEntry,
)
from clinic.scheduling.search.together import Trip
from clinic.scheduling.verdict.request import SlotTaken
from clinic.scheduling.waitlist import keeping, marks
from clinic.scheduling.waitlist.finding import Finder, slots_of
from clinic.sentences import mark

TOGETHER = 25  # entries that are looked for with the same queries
IN_TURN = (WaitlistEntry.created_at, WaitlistEntry.id)  # the longest waiting first
MOST_LAPSES = 3  # offers that nobody answered: then the family waits no longer


class OfferLapsed(DomainError):
    message = mark("This offer is over. You keep your turn for the next place.")


def locked_entry(entry_id: int) -> WaitlistEntry:
    """The entry as it is by now, for this transaction alone."""
    return db.session.get_one(WaitlistEntry, entry_id, with_for_update=True, populate_existing=True)


def _locked_if_free(entry_ids: Collection[int]) -> Sequence[WaitlistEntry]:
    """Those that still wait, in turn; not those that another transaction has locked."""
    query = live_entries().where(WaitlistEntry.id.in_(entry_ids)).order_by(*IN_TURN)
    return db.session.scalars(
        query.with_for_update(skip_locked=True).execution_options(populate_existing=True)
    ).all()


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


def have_offers(entry_ids: Collection[int]) -> set[int | None]:
    """Those of the entries that have an offer which is not over yet."""
    query = select(Hold.entry_id).where(Hold.booking_id.is_(None), Hold.ended_at.is_(None))
    return set(db.session.scalars(query.where(Hold.entry_id.in_(entry_ids))))


def on_freed(slot_ids: Collection[int], *, now: datetime) -> set[int]:
    """Offer what has just become free to the waitlist. Returns the slots that are held now.

    In the transaction that freed them: nothing can come in between.
    """
    entry_ids = _entries_wanting(slot_ids, now)
    return offer_in_turn(entry_ids, slot_ids, now=now).slot_ids if entry_ids else set()


@dataclass
class Offered:
    """The slots that were offered, in how many offers, and the entries that were passed by."""

    slot_ids: set[int] = field(default_factory=set)
    number: int = 0
    passed_by: set[int] = field(default_factory=set)


def offer_in_turn(
    entry_ids: Sequence[int], slot_ids: Collection[int], *, most: int | None = None, now: datetime
) -> Offered:
    """Offer these slots to these entries, in turn, while one of the slots is free.

    At most so many offers, if `most` is given. Only an entry that is to have an offer is locked;
    one that another transaction has locked is passed by.
    """
    done, rest = Offered(), set(slot_ids)
    finder = _finder_for(slot_ids, now)
    for begin in range(0, len(entry_ids), TOGETHER):
        some = WaitlistEntry.id.in_(entry_ids[begin : begin + TOGETHER])
        entries = db.session.scalars(live_entries().where(some).order_by(*IN_TURN)).all()
        for _, trip in _serve(finder, entries, among=rest, passed_by=done.passed_by):
            done.number += 1
            done.slot_ids |= slots_of(trip)
            rest -= slots_of(trip) - _still_free(slots_of(trip), now)
            if not rest or done.number == most:
                return done
    return done


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
        .order_by(*IN_TURN)
    )
    return db.session.scalars(query).all()


def _still_free(slot_ids: Collection[int], now: datetime) -> set[int]:
    """Those of the slots that have another place."""
    query = select(SlotService.slot_id).where(
        SlotService.slot_id.in_(slot_ids),
        SlotService.closed.is_(False),
        SlotService.free_from <= now,
    )
    return set(db.session.scalars(query))


def _finder_for(slot_ids: Collection[int], now: datetime) -> Finder:
    """Finds times at the centres of these slots, on their days."""
    query = select(SlotService.starts_at, SlotService.centre_id)
    rows = db.session.execute(query.where(SlotService.slot_id.in_(slot_ids))).all()
    moments, centre_ids = [row.starts_at for row in rows], {row.centre_id for row in rows}
    start = day_bounds(clinic_day(min(moments)))[0]
    end = day_bounds(clinic_day(max(moments)))[1]
    return Finder(max(start, now), end, centre_ids=centre_ids, now=now)


def _serve(
    finder: Finder,
    entries: Sequence[WaitlistEntry],
    *,
    among: Collection[int] | None = None,
    passed_by: set[int],
) -> Iterator[tuple[WaitlistEntry, Trip]]:
    """Offer each of the entries, in turn, the first trip that it may have. Those that got an offer.

    Only a trip that uses one of the slots `among`, if they are given; they may become fewer
    meanwhile. One offer at a time. What another transaction has locked is added to `passed_by`.
    """
    finder.read(entries)
    asked = have_offers([entry.id for entry in entries])
    for entry in entries:
        if entry.id in asked:
            continue
        trips = finder.trips(entry)
        if among is not None:
            trips = [trip for trip in trips if not slots_of(trip).isdisjoint(among)]
        pauses = [moment for moment in finder.pauses(entry) if moment < entry.look_at]
        if not trips and not pauses:
            continue
        if not _locked_if_free([entry.id]):
            passed_by.add(entry.id)
        elif not have_offers([entry.id]):
            if trip := _offer_first(finder, entry, trips):
                yield entry, trip
            else:
                entry.look_at = min([entry.look_at, *pauses])


def _offer_first(finder: Finder, entry: WaitlistEntry, trips: Sequence[Trip]) -> Trip | None:
    """Offer the entry the first of these trips that is still there."""
    for trip in trips:
        lead = keeping.offer(entry, finder.requests(entry), trip, now=finder.now)
        finder.forget(trip.centre_id)
        if lead:
            return trip
    return None


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


def look_for(entry_ids: Collection[int], *, now: datetime) -> Mapping[int, set[int]]:
    """Look for any free place for each of these, in turn; a wish whose last day is past ends.

    By entry that was made an offer, the slots.
    """
    entries = _locked_if_free(entry_ids)
    if not entries:
        return {}
    end = day_bounds(max(entry.last_day for entry in entries))[1]
    siblings = marks.of_siblings(entry_ids)
    for entry in entries:
        is_one = entry.id not in siblings
        entry.look_at = marks.next_look(entry.last_day, is_one=is_one, now=now)
        if entry.last_day < clinic_day(now):
            entry.ended_at = now
    live = [entry for entry in entries if entry.ended_at is None]
    finder = Finder(now, end, now=now)
    offered = {entry.id: slots_of(trip) for entry, trip in _serve(finder, live, passed_by=set())}
    db.session.flush()
    return offered


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
