"""A family has a child removed, or closes its account. Verbs flush; the caller commits.

What the law keeps stays without the family, until its time is over (`retention`); all else is
deleted in the same transaction.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import delete, exists, select, update

from clinic import audit
from clinic.accounts import sign_ins
from clinic.accounts.models import Role, SignInCode, User
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.families.models import Child, Guardianship, Invitation
from clinic.families.registering import OnlyTheFirst
from clinic.privacy.holdings import found
from clinic.privacy.models import ChildRemoval
from clinic.privacy.retention import delete_but, must_stay
from clinic.scheduling import places
from clinic.scheduling.appointments import booking
from clinic.scheduling.appointments.holding import give_up, slots_of_group
from clinic.scheduling.models import (
    Appointment,
    Booking,
    Hold,
    WaitlistCentre,
    WaitlistChild,
    WaitlistEntry,
)
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.waitlist import joining
from clinic.sentences import mark

NO_NAME = "—"  # of a closed account
REASON = "removed"


class IsHere(DomainError):
    message = mark(
        "Your child is at the centre just now. Please come back to this after the visit."
    )


class WorksHere(DomainError):
    message = mark(
        "You work at a centre with this sign-in. Ask its manager to end that first, please."
    )


def remove_child(child: Child, *, by: User, now: datetime) -> bool:
    """The child goes from all its guardians' pages, with everything that the law does not keep.

    Its coming appointments are cancelled. Says whether something is kept. Only the child's first
    guardian may; twice is once. Raises OnlyTheFirst, IsHere.
    """
    if not _is_first(by, child):
        raise OnlyTheFirst
    return _remove(child, by=by, now=now)


def _is_first(user: User, child: Child) -> bool:
    first = select(Guardianship.id).where(
        Guardianship.user_id == user.id,
        Guardianship.child_id == child.id,
        Guardianship.is_first,
        Guardianship.revoked_at.is_(None),
    )
    return db.session.scalar(first) is not None


def _remove(child: Child, *, by: User, now: datetime) -> bool:
    _end_what_is_open(child, by=by, now=now)
    _end_guardianships([child.id], by=by, now=now)
    db.session.add(ChildRemoval(child_id=child.id, asked_at=now, asked_by_id=by.id))
    audit.record("remove_child", child, by=by.id, now=now)
    db.session.flush()
    return not delete_what_may_go(child.id, now=now)


def delete_what_may_go(child_id: int, *, now: datetime) -> bool:
    """Delete the rows of a removed child that need not be kept any more; whether none is left."""
    rows = found("children", [child_id])
    kept = must_stay(rows, clinic_day(now))
    delete_but(rows, kept)
    delete_empty(
        {row["booking_id"] for row in rows["appointments"]},
        {row["entry_id"] for row in rows["waitlist_children"]},
    )
    is_gone = (child_id,) not in kept["children"]
    if is_gone:
        db.session.execute(
            update(ChildRemoval).where(ChildRemoval.child_id == child_id).values(finished_at=now)
        )
    db.session.expire_all()
    return is_gone


def delete_empty(booking_ids: Collection[int], entry_ids: Collection[int]) -> None:
    """Of these bookings and places on the waitlist, those in which no child is left."""
    child, hold = WaitlistChild.entry_id, Hold.entry_id
    left = [exists().where(column == WaitlistEntry.id) for column in (child, hold)]
    entries = select(WaitlistEntry.id).where(
        WaitlistEntry.id.in_(entry_ids), *(~each for each in left)
    )
    empty = list(db.session.scalars(entries))
    db.session.execute(delete(WaitlistCentre).where(WaitlistCentre.entry_id.in_(empty)))
    db.session.execute(delete(WaitlistEntry).where(WaitlistEntry.id.in_(empty)))
    used = [
        exists().where(column == Booking.id)
        for column in (Appointment.booking_id, Hold.booking_id, WaitlistEntry.booking_id)
    ]
    bookings = delete(Booking).where(Booking.id.in_(booking_ids), *(~each for each in used))
    db.session.execute(bookings)


def _end_what_is_open(child: Child, *, by: User, now: datetime) -> None:
    """Nothing is booked, held or waited for any more. Raises IsHere."""
    appointments = list(
        db.session.scalars(select(Appointment).where(Appointment.child_id == child.id))
    )
    coming = [
        visit for visit in appointments if status_of(visit) in (Status.BOOKED, Status.DISPLACED)
    ]
    holds = _live_holds([child.id])
    slots = {slot for hold in holds for slot in slots_of_group(hold.id)}
    places.lock(slots | set(places.slots_around([visit.id for visit in coming])), [child.id])
    if any(status_of(visit) is Status.ARRIVED for visit in appointments):
        raise IsHere
    booking.cancel_all(coming, by=by, online=False, now=now, reason=REASON)
    for entry in _live_entries([child.id]):
        joining.leave(entry, by=by, now=now)
    for hold in _live_holds([child.id]):
        give_up(hold, now=now)


def _live_entries(child_ids: Collection[int]) -> list[WaitlistEntry]:
    theirs = select(WaitlistChild.entry_id).where(WaitlistChild.child_id.in_(child_ids))
    return list(
        db.session.scalars(
            select(WaitlistEntry)
            .where(WaitlistEntry.id.in_(theirs), WaitlistEntry.ended_at.is_(None))
            .order_by(WaitlistEntry.id)
        )
    )


def _live_holds(child_ids: Collection[int]) -> list[Hold]:
    """The leading holds of groups that keep something for one of these children."""
    live = (Hold.booking_id.is_(None), Hold.ended_at.is_(None))
    group = select(Hold.lead_id).where(Hold.child_id.in_(child_ids), Hold.lead_id.is_not(None))
    leads = (Hold.child_id.in_(child_ids) | Hold.id.in_(group)) & Hold.lead_id.is_(None)
    return list(db.session.scalars(select(Hold).where(leads, *live).order_by(Hold.id)))


def _end_guardianships(child_ids: Collection[int], *, by: User, now: datetime) -> None:
    db.session.execute(
        update(Guardianship)
        .where(Guardianship.child_id.in_(child_ids), Guardianship.revoked_at.is_(None))
        .values(revoked_at=now, revoked_by_id=by.id)
    )


def close_account(user: User, *, now: datetime) -> None:
    """The account is no more: its children go over to their other guardians, or are removed.

    The row stays without name, phone and e-mail, as what was done names it by its number. Raises
    WorksHere, IsHere.
    """
    user = db.session.get_one(User, user.id, with_for_update=True, populate_existing=True)
    if user.closed_at is not None:
        return
    if user.roles - {Role.PARENT}:
        raise WorksHere
    for guardianship in _guardianships(user):
        _leave(guardianship, by=user, now=now)
    _end_waiting(user, now=now)
    audit.record("close_account", user, by=user.id, now=now)
    sign_ins.end_all(user.id, now=now)
    _forget(user, now=now)


def _guardianships(user: User) -> list[Guardianship]:
    return list(
        db.session.scalars(
            select(Guardianship)
            .where(Guardianship.user_id == user.id, Guardianship.revoked_at.is_(None))
            .order_by(Guardianship.child_id)
        )
    )


def _leave(guardianship: Guardianship, *, by: User, now: datetime) -> None:
    """One child of a closing account: whoever has cared for it longest besides is its first guardian."""
    others = select(Guardianship).where(
        Guardianship.child_id == guardianship.child_id,
        Guardianship.id != guardianship.id,
        Guardianship.revoked_at.is_(None),
    )
    heir = db.session.scalar(others.order_by(Guardianship.granted_at, Guardianship.id).limit(1))
    if heir is None:
        _remove(guardianship.child, by=by, now=now)
        return
    if guardianship.is_first:
        heir.is_first = True
        audit.record("become_first", heir, by=by.id, now=now)
    guardianship.revoked_at, guardianship.revoked_by_id = now, by.id
    audit.record("revoke", guardianship, by=by.id, now=now)
    db.session.flush()


def _end_waiting(user: User, *, now: datetime) -> None:
    """What the user still waits for or holds, of children who have other guardians."""
    live = (WaitlistEntry.user_id == user.id, WaitlistEntry.ended_at.is_(None))
    for entry in db.session.scalars(select(WaitlistEntry).where(*live)).all():
        joining.leave(entry, by=user, now=now)
    held = (Hold.user_id == user.id, Hold.booking_id.is_(None), Hold.ended_at.is_(None))
    leads = select(Hold).where(*held, Hold.lead_id.is_(None)).order_by(Hold.id)
    for hold in db.session.scalars(leads).all():
        give_up(hold, now=now)


def _forget(user: User, *, now: datetime) -> None:
    """Delete what is the account's own, and empty its row."""
    contacts = [contact for contact in (user.phone, user.email) if contact]
    db.session.execute(delete(SignInCode).where(SignInCode.recipient.in_(contacts)))
    db.session.execute(
        update(Invitation)
        .where(Invitation.invited_by_id == user.id, Invitation.accepted_at.is_(None))
        .values(revoked_at=now)
    )
    rows = found("users", [user.id])
    delete_but(rows, must_stay(rows, clinic_day(now), also=("users", "bookings")))
    delete_empty({row["id"] for row in rows["bookings"]}, set())
    db.session.expire(user)
    user.name, user.phone, user.email, user.password_hash = NO_NAME, None, None, None
    user.closed_at = now
    db.session.flush()
