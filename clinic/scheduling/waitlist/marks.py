"""Which entries the worker looks for next: those whose `look_at` has come.

An entry is marked when it joins, when its offer is over, when its children's visits, records or
pauses change, and when a time it wants becomes free (`changed`). After a look in vain it waits for
the next mark; what only time or a count of places changes has a moment of its own (`next_look`).
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.dialects import postgresql, sqlite

from clinic.clock import day_bounds
from clinic.db import db
from clinic.scheduling.models import Hold, WaitlistCentre, WaitlistChild, WaitlistEntry
from clinic.scheduling.models.worker import CentreLook
from clinic.scheduling.places import writes_alone

UNSYNCHRONISED = {"synchronize_session": False}
BATCH = 100  # entries that are looked for in one transaction
TOGETHER = timedelta(minutes=1)  # how many places a slot has left has no version


def look_again(which: ColumnElement[bool], *, now: datetime) -> None:
    """Mark these entries. A transaction that looks for one of them just now is waited for."""
    live = (
        select(WaitlistEntry.id)
        .where(which, WaitlistEntry.ended_at.is_(None))
        .order_by(WaitlistEntry.id)
        .with_for_update()
    )
    db.session.execute(
        update(WaitlistEntry).where(WaitlistEntry.id.in_(live)).values(look_at=now),
        execution_options=UNSYNCHRONISED,
    )


def look_again_for(child_ids: Collection[int], *, now: datetime) -> None:
    """Mark the entries of these children: what they have booked, or what is on record, has changed."""
    theirs = select(WaitlistChild.entry_id).where(WaitlistChild.child_id.in_(child_ids))
    look_again(WaitlistEntry.id.in_(theirs), now=now)


def look_again_after(hold_ids: Collection[int], *, now: datetime) -> None:
    """Mark the entries to which these offers were made: they are over."""
    theirs = select(Hold.entry_id).where(Hold.id.in_(hold_ids), Hold.entry_id.is_not(None))
    look_again(WaitlistEntry.id.in_(theirs), now=now)


def look_through_again(centre_ids: Collection[int], *, now: datetime) -> None:
    """A new entry waits at these centres: find out when time alone next frees what it waits for."""
    engine = postgresql if db.engine.dialect.name == "postgresql" else sqlite
    rows = [{"centre_id": number, "shared": 0, "next_at": now} for number in sorted(centre_ids)]
    insert = engine.insert(CentreLook).values(rows)
    db.session.execute(
        insert.on_conflict_do_update(
            index_elements=[CentreLook.centre_id], set_={"next_at": insert.excluded.next_at}
        )
    )


def of_siblings(entry_ids: Collection[int]) -> set[int]:
    """Those of the entries that want places for several children."""
    query = select(WaitlistChild.entry_id).where(WaitlistChild.entry_id.in_(entry_ids))
    several = query.group_by(WaitlistChild.entry_id).having(func.count() > 1)
    return set(db.session.scalars(several))


def next_look(last_day: date, *, is_one: bool, now: datetime) -> datetime:
    """When an entry that nothing marks is looked at again: when its wish ends, or, for siblings, soon."""
    end = day_bounds(last_day)[1]
    return end if is_one else min(end, now + TOGETHER)


def next_marked(*, but: Collection[int] = (), now: datetime) -> Sequence[int]:
    """The entries to look for together next, the first that were marked, locked with their centres.

    Not those that another transaction has locked. A worker that looks for others who wait at one
    of these centres is waited for, so that a place there goes to who has waited longest.
    """
    query = (
        select(WaitlistEntry.id)
        .where(
            WaitlistEntry.ended_at.is_(None),
            WaitlistEntry.look_at <= now,
            WaitlistEntry.id.not_in(but),
        )
        .order_by(WaitlistEntry.look_at, WaitlistEntry.created_at, WaitlistEntry.id)
        .limit(BATCH)
    )
    entry_ids = db.session.scalars(query.with_for_update(skip_locked=True)).all()
    if entry_ids and not writes_alone():
        theirs = select(WaitlistCentre.centre_id).where(WaitlistCentre.entry_id.in_(entry_ids))
        looks = select(CentreLook.centre_id).where(CentreLook.centre_id.in_(theirs))
        db.session.execute(looks.order_by(CentreLook.centre_id).with_for_update()).all()
    return entry_ids
