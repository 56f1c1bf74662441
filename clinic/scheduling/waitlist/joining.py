"""Joining the waitlist and leaving it. Verbs flush; the caller commits."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import select

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre, Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.families.queries import must_care_for
from clinic.scheduling import places
from clinic.scheduling.dayparts import PARTS
from clinic.scheduling.models import (
    Hold,
    Place,
    WaitlistChild,
    WaitlistEntry,
)
from clinic.scheduling.waitlist import marks
from clinic.scheduling.waitlist.offering import live_entries, live_offers, locked_entry, pass_on
from clinic.scheduling.waitlist.wishes import must_be_possible
from clinic.sentences import mark

LONGEST = timedelta(days=90)


class AlreadyWaiting(DomainError):
    message = mark("You are already waiting for this for that child.")


class WaitsTooLong(DomainError):
    message = mark("You can be on the waitlist for at most %(days)s days.")


def join(
    user: Person,
    children: Sequence[Child],
    service: Service,
    centres: Sequence[Centre],
    *,
    weekdays: Collection[int],
    parts: Collection[str],
    first_day: date,
    last_day: date,
    now: datetime,
) -> WaitlistEntry:
    """Wait for a place, or for places together for several children.

    Raises NeverMet (no day could meet it), AlreadyWaiting, WaitsTooLong, NoResultFound (not theirs).
    """
    first_day = max(first_day, clinic_day(now))
    if last_day > clinic_day(now) + LONGEST:
        raise WaitsTooLong(days=LONGEST.days)
    must_be_possible(children, service, centres, weekdays, parts, first_day, last_day, now)
    places.lock([], [child.id for child in children])
    must_care_for(user, children)
    _must_not_wait(children, service)
    entry = WaitlistEntry(
        user_id=user.id,
        service_id=service.id,
        weekdays=sorted(set(weekdays)),
        parts=sorted(set(parts), key=list(PARTS).index),
        first_day=first_day,
        last_day=last_day,
        created_at=now,
        look_at=now,
        children=list(children),
        centres=list(centres),
    )
    db.session.add(entry)
    db.session.flush()
    marks.look_through_again([centre.id for centre in centres], now=now)
    audit.record("wait", entry, by=user.id, now=now)
    return entry


def _must_not_wait(children: Sequence[Child], service: Service) -> None:
    """Raise AlreadyWaiting if one of these children waits for the service."""
    theirs = (
        live_entries()
        .join(WaitlistChild, WaitlistChild.entry_id == WaitlistEntry.id)
        .where(
            WaitlistEntry.service_id == service.id,
            WaitlistChild.child_id.in_([child.id for child in children]),
        )
    )
    if db.session.scalar(theirs.limit(1)):
        raise AlreadyWaiting


def leave(entry: WaitlistEntry, *, by: Person, now: datetime) -> None:
    """Wait no longer; what was offered goes to the next."""
    held = select(Place.slot_id).join(Hold, Hold.id == Place.hold_id)
    places.lock(db.session.scalars(held.where(Hold.entry_id == entry.id)))
    entry = locked_entry(entry.id)
    if entry.ended_at is not None:
        return
    entry.ended_at = now
    audit.record("leave_waitlist", entry, by=by.id, now=now)
    db.session.flush()
    for lead in live_offers(entry.id):
        pass_on(lead, now=now)
