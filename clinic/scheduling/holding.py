"""Keeping places for some minutes while a family fills in the form. Verbs flush; the caller commits."""

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import User
from clinic.centres.models import Service
from clinic.db import db
from clinic.errors import DomainError
from clinic.families.models import Child, Guardianship
from clinic.i18n import mark
from clinic.scheduling import places
from clinic.scheduling.booking import Refused, Wanted, examine, refusal
from clinic.scheduling.models import Appointment, Hold, HoldFor, Slot
from clinic.scheduling.policies import Policy, policy_for


class TooManyHolds(DomainError):
    message = mark(
        "Your family already keeps several times at once. Please confirm or release one first."
    )


def hold(wanted: Wanted, *, by: User, now: datetime, moves: Appointment | None = None) -> Hold:
    """Keep the places for some minutes while the form is filled in.

    It replaces what this user holds for this child and service. Raises Refused, SlotTaken or
    TooManyHolds.
    """
    if found := examine(wanted, online=True, now=now, except_for=moves):
        raise Refused(found)
    policy = wanted.policy
    earlier = live_holds(by, wanted.child, wanted.service)
    theirs = [slot_id for old in earlier for slot_id in places.slots_of(hold_id=old.id)]
    places.lock_to_take([*theirs, *wanted.slot_ids], now=now, online=True)
    for old in earlier:
        release(old, now=now)
    if held_by_family(wanted.child, now=now) >= policy.holds_per_family:
        raise TooManyHolds
    kept = Hold(
        user_id=by.id,
        child=wanted.child,
        service=wanted.service,
        slot_id=wanted.slots[0].id,
        slot_count=len(wanted.slots),
        moves=moves,
        created_at=now,
        expires_at=now + timedelta(minutes=wanted.service.hold_minutes),
    )
    db.session.add(kept)
    db.session.flush()
    keep_places(kept, wanted, policy=policy, now=now)
    return kept


def keep_places(kept: Hold, wanted: Wanted, *, policy: Policy, now: datetime) -> None:
    """Take the hold's places until it expires; in the rush after a release, for a random moment more.

    So nobody who keeps asking knows the second at which an abandoned place comes back.
    """
    rush = any(places.in_rush(slot.opens_at, now, policy) for slot in wanted.slots)
    rest = places.random_rest(policy) if rush and policy.rest_seconds else timedelta()
    try:
        places.take(
            wanted.slot_ids, online=True, hold_id=kept.id, expires_at=kept.expires_at + rest
        )
    except IntegrityError as error:
        raise refusal(error) from error


def held_by_family(child: Child, *, now: datetime) -> int:
    """How many forms the guardians of this child have open, for any of their children."""
    guardians = select(Guardianship.user_id).where(
        Guardianship.child_id == child.id, Guardianship.revoked_at.is_(None)
    )
    count = select(func.count(Hold.id)).where(
        Hold.user_id.in_(guardians),
        Hold.purpose == HoldFor.FORM,
        Hold.lead_id.is_(None),
        Hold.booking_id.is_(None),
        Hold.expires_at > now,
    )
    return db.session.scalar(count) or 0


def live_holds(by: User, child: Child, service: Service) -> list[Hold]:
    """What this user holds for this child and service and has not confirmed."""
    return list(
        db.session.scalars(
            select(Hold).where(
                Hold.user_id == by.id,
                Hold.child_id == child.id,
                Hold.service_id == service.id,
                Hold.purpose == HoldFor.FORM,
                Hold.booking_id.is_(None),
            )
        )
    )


def release(kept: Hold, *, now: datetime) -> None:
    """Give a hold's places back and forget it."""
    slot = db.session.get_one(Slot, kept.slot_id)
    policy = policy_for(kept.service_id, slot.centre_id)
    places.give_back(hold_id=kept.id, now=now, policy=policy)
    db.session.delete(kept)
    db.session.flush()
