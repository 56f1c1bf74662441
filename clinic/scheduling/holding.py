"""Keeping places for some minutes while a family fills in the form. Verbs flush; the caller commits."""

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import User
from clinic.centres.models import Service
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling import places
from clinic.scheduling.booking import Refused, Wanted, examine, refusal
from clinic.scheduling.models import Appointment, Hold


def hold(wanted: Wanted, *, by: User, now: datetime, moves: Appointment | None = None) -> Hold:
    """Keep the places for some minutes while the form is filled in.

    It replaces what this user holds for this child and service. Raises Refused or SlotTaken.
    """
    if found := examine(wanted, online=True, now=now, except_for=moves):
        raise Refused(found)
    earlier = live_holds(by, wanted.child, wanted.service)
    theirs = [slot_id for old in earlier for slot_id in places.slots_of(hold_id=old.id)]
    places.lock([*theirs, *(slot.id for slot in wanted.slots)])
    for old in earlier:
        release(old)
    kept = Hold(
        user_id=by.id,
        child=wanted.child,
        service=wanted.service,
        slot=wanted.slots[0],
        slot_count=len(wanted.slots),
        moves=moves,
        created_at=now,
        expires_at=now + timedelta(minutes=wanted.service.hold_minutes),
    )
    db.session.add(kept)
    db.session.flush()
    try:
        places.take(
            [slot.id for slot in wanted.slots],
            now=now,
            online=True,
            hold_id=kept.id,
            expires_at=kept.expires_at,
        )
    except IntegrityError as error:
        raise refusal(error) from error
    return kept


def live_holds(by: User, child: Child, service: Service) -> list[Hold]:
    """What this user holds for this child and service and has not confirmed."""
    return list(
        db.session.scalars(
            select(Hold).where(
                Hold.user_id == by.id,
                Hold.child_id == child.id,
                Hold.service_id == service.id,
                Hold.booking_id.is_(None),
            )
        )
    )


def release(kept: Hold) -> None:
    """Give a hold's places back and forget it."""
    places.give_back(hold_id=kept.id)
    db.session.delete(kept)
    db.session.flush()
