"""The places of a trip are kept for one family that waits: an offer. It flushes; the caller commits."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.db import db
from clinic.scheduling import places
from clinic.scheduling.models import Hold, HoldFor, WaitlistEntry
from clinic.scheduling.policies.stored import policy_for
from clinic.scheduling.search.together import Trip
from clinic.scheduling.verdict.request import Request, SlotTaken, refusal
from clinic.scheduling.verdict.slot_times import slots_for

PASSED_ON = timedelta(minutes=2)  # a lapsed offer's place is still kept so long for the next family


def offer(
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
        Request(wish.child, wish.service, slots_for(wish.service, slot_time.slot_id))
        for wish, slot_time in zip(wishes, trip.offers, strict=True)
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
    for request in wanted:
        kept = Hold(
            user_id=entry.user_id,
            child_id=request.child.id,
            service_id=request.service.id,
            slot_id=request.slots[0].id,
            slot_count=len(request.slots),
            purpose=HoldFor.WAITLIST,
            lead_id=lead.id if lead else None,
            entry_id=entry.id,
            created_at=now,
            expires_at=deadline,
        )
        db.session.add(kept)
        db.session.flush()
        lead = lead or kept
        places.take(request.slot_ids, online=True, hold_id=kept.id, expires_at=deadline + PASSED_ON)
    assert lead
    return lead
