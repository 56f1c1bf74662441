"""Holding places for some minutes while a family fills in the form. Verbs flush; the caller commits."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import Person
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling import places
from clinic.scheduling.appointments import rows
from clinic.scheduling.appointments.booking import freed_for_others, must_be_changeable
from clinic.scheduling.models import Appointment, Hold, HoldFor, Slot
from clinic.scheduling.policies.stored import policy_for
from clinic.scheduling.verdict.request import (
    Held,
    HoldValue,
    Request,
    SlotTaken,
    refusal,
)
from clinic.scheduling.verdict.requirements import NOTHING_REQUIRED, RequirementsByKind
from clinic.scheduling.verdict.verdict import must_be_allowed
from clinic.scheduling.waitlist import offering
from clinic.sentences import mark

GROUP = (
    select(Hold)
    .where(or_(Hold.id == bindparam("lead_id"), Hold.lead_id == bindparam("lead_id")))
    .order_by(Hold.id)
)


class TooManyHolds(DomainError):
    message = mark(
        "Your family is already holding several times. Please confirm or give up one first."
    )


class HoldsMade(NamedTuple):
    """The holds, the leading one first; `is_new` is False if the user held exactly these already."""

    holds: Sequence[Held]
    is_new: bool


def hold(
    requests: Sequence[Request],
    requirements: RequirementsByKind = NOTHING_REQUIRED,
    *,
    by: Person,
    now: datetime,
    moves: Appointment | None = None,
    other_parts: Collection[int] = (),
) -> HoldsMade:
    """Hold the places of these appointments while the form is filled in, every one or none.

    The first hold leads the others. It replaces what this user holds for these children and
    services. `other_parts` of the visit that is moved stand in no way: they may move too. Raises
    NotChangeable, TooLate, Refused, SlotTaken, SamePlaceTwice, TooManyHolds, or what reserving raises;
    NoResultFound where the user does not care for a child any more.
    """
    _must_be_allowed(requests, requirements, moves, other_parts, now=now)
    return hold_allowed(requests, requirements, by=by, now=now, moves=moves)


def look_first(
    requests: Sequence[Request],
    requirements: RequirementsByKind,
    *,
    by: Person,
    now: datetime,
    moves: Appointment | None = None,
    other_parts: Collection[int] = (),
) -> None:
    """Raise at once what `hold` would raise, also for places that are taken; it only reads.

    So the many who come too late in a rush wait for no lock. What seems free may yet be refused.
    """
    _must_be_allowed(requests, requirements, moves, other_parts, now=now)
    must_seem_free(requests, by=by, now=now)


def _must_be_allowed(
    requests: Sequence[Request],
    requirements: RequirementsByKind,
    moves: Appointment | None,
    other_parts: Collection[int],
    *,
    now: datetime,
) -> None:
    if moves:
        must_be_changeable(moves, online=True, now=now)
    except_for = [moves.id, *other_parts] if moves else []
    must_be_allowed(requests, requirements, except_for=except_for, now=now)


def hold_allowed(
    requests: Sequence[Request],
    requirements: RequirementsByKind,
    *,
    by: Person,
    now: datetime,
    moves: Appointment | None = None,
) -> HoldsMade:
    """As `hold`, where the verdict was asked just now: lock, take the places, reserve what else is needed."""
    slot_ids = [slot_id for request in requests for slot_id in request.slot_ids]
    earlier = _earlier(requests, by, now=now)
    lock([*slot_ids, *_slots_of(earlier.leads)], by, now=now)
    if not places.writes_alone():
        before, earlier = earlier, _earlier(requests, by, now=now)
        if more := earlier.leads - before.leads:  # the same family was quicker: a double click
            lock(_slots_of(more), now=now)
    made = _as_before(earlier, requests, moves, now=now)
    if made is None:
        freed = [slot_id for lead_id in sorted(earlier.leads) for slot_id in delete_group(lead_id)]
        policy = requests[0].policy
        if earlier.others >= policy.holds_per_family:
            raise TooManyHolds
        made = HoldsMade(_add(requests, by, moves, now=now), is_new=True)
        freed_for_others(set(freed) - set(slot_ids), policy, now=now)
    requirements.reserve(requests, made.holds, by=by, now=now, is_new=made.is_new)
    return made


def _as_before(
    earlier: "EarlierHolds",
    requests: Sequence[Request],
    moves: Appointment | None,
    *,
    now: datetime,
) -> HoldsMade | None:
    """What this user holds already, if it is just what is asked for."""
    for lead_id in earlier.leads:
        if again := _same(lead_id, requests, moves, now=now):
            return HoldsMade(group_of(again), is_new=False)
    return None


def _add(
    requests: Sequence[Request], by: Person, moves: Appointment | None, *, now: datetime
) -> list[HoldValue]:
    """New holds in their places. Raises SlotTaken, or NoResultFound for a child that is not theirs."""
    made: list[HoldValue] = []
    expires_at = now + timedelta(minutes=max(request.service.hold_minutes for request in requests))
    for request in requests:
        lead_id = made[0].id if made else None
        hold = _insert(request, by, lead_id, moves.id if moves else None, now, expires_at)
        made.append(hold)
        try:
            places.take_for_form(
                request.slot_ids,
                hold.id,
                expires_at,
                opens_at=request.opens_at,
                policy=requests[0].policy,
                now=now,
            )
        except IntegrityError as error:
            raise refusal(error) from error
    return made


def _insert(
    request: Request,
    by: Person,
    lead_id: int | None,
    moves_id: int | None,
    now: datetime,
    expires_at: datetime,
) -> HoldValue:
    """A new hold, without its places. Raises NoResultFound for a child that is not theirs."""
    said: dict[str, Any] = {
        "child_id": request.child.id,
        "service_id": request.service.id,
        "slot_id": request.slots[0].id,
        "moves_id": moves_id,
        "expires_at": expires_at,
    }
    more = {
        "user_id": by.id,
        "slot_count": len(request.slots),
        "reason": request.reason,
        "lead_id": lead_id,
        "created_at": now,
    }
    return HoldValue(id=rows.add_hold(said | more), **said)


def must_seem_free(requests: Sequence[Request], *, by: Person, now: datetime) -> None:
    """Raise SlotTaken or TooManyHolds if one of the slots looks full. Reads only.

    Not if the user has an open form for the same: its places are given up for this.
    """
    if not any(slot.free_from > now for request in requests for slot in request.slots):
        return
    earlier = _earlier(requests, by, now=now)
    if earlier.leads:
        return
    if earlier.others >= requests[0].policy.holds_per_family:
        raise TooManyHolds
    raise SlotTaken


def lock(slot_ids: Iterable[int], family: Person | None = None, *, now: datetime) -> None:
    """Lock the slots to take places online. Places of expired holds are offered to the waitlist first."""
    family_of = family.id if family else None
    if freed := places.lock_to_take(slot_ids, family=family_of, now=now, online=True):
        offering.on_freed(freed, now=now)


class EarlierHolds(NamedTuple):
    """The user's open forms that this request replaces, and how many other forms are open."""

    leads: set[int]
    others: int


def _earlier(requests: Sequence[Request], by: Person, *, now: datetime) -> EarlierHolds:
    """It replaces the forms for the same children and services."""
    pairs = {(request.child.id, request.service.id) for request in requests}
    forms = rows.OPEN_FORMS.all(user_id=by.id, now=now)
    leads: set[int] = {
        form.lead_id or form.id
        for form in forms
        if form.user_id == by.id and (form.child_id, form.service_id) in pairs
    }
    others = [form for form in forms if form.is_live and not form.lead_id and form.id not in leads]
    return EarlierHolds(leads, len(others))


def _slots_of(lead_ids: Iterable[int]) -> list[int]:
    return [slot_id for lead_id in lead_ids for slot_id in slots_of_group(lead_id)]


def _same(
    lead_id: int, requests: Sequence[Request], moves: Appointment | None, *, now: datetime
) -> Hold | None:
    """That hold, if it still keeps just what is wanted."""
    lead = db.session.get_one(Hold, lead_id, populate_existing=True)
    theirs = [(hold.child_id, hold.service_id, hold.slot_id) for hold in group_of(lead)]
    asked = [(request.child.id, request.service.id, request.slots[0].id) for request in requests]
    same = theirs == asked and lead.moves_id == (moves.id if moves else None)
    has_all = len(slots_of_group(lead_id)) == sum(len(request.slots) for request in requests)
    return lead if same and has_all and lead.expires_at > now else None


def group_of(lead: Hold) -> list[Hold]:
    """The holds that are confirmed together, the leading one first."""
    return list(db.session.scalars(GROUP, {"lead_id": lead.id}))


def slots_of_group(lead_id: int) -> list[int]:
    """The slots in which the holds of a group have places."""
    query = select(Hold.id).where(or_(Hold.id == lead_id, Hold.lead_id == lead_id))
    return [s for hold_id in db.session.scalars(query) for s in places.slots_of(hold_id=hold_id)]


def give_up(kept: Hold, *, now: datetime) -> None:
    """Give up what is kept. An offer that is given up goes to the next entry."""
    places.lock(slots_of_group(kept.id))
    lead = db.session.get(Hold, kept.id, populate_existing=True)
    if lead is None or lead.booking_id is not None or lead.ended_at is not None:
        return
    if lead.purpose is HoldFor.WAITLIST:
        offering.pass_on(lead, now=now)
        return
    slot = db.session.get_one(Slot, lead.slot_id)
    policy = policy_for(lead.service_id, slot.centre_id)
    if lead.purpose is HoldFor.NEW_TIME:
        freed = places.end_holds([lead.id], now=now)
    else:
        freed = delete_group(lead.id)
    freed_for_others(freed, policy, now=now)


def delete_group(lead_id: int) -> list[int]:
    """Delete a group of holds that nothing came of, with their places. The slots that they were in."""
    group = or_(Hold.id == lead_id, Hold.lead_id == lead_id)
    query = select(Hold.id).where(group, Hold.booking_id.is_(None))
    hold_ids = list(db.session.scalars(query.order_by(Hold.id.desc())))
    freed = [slot_id for hold_id in hold_ids for slot_id in places.free(hold_id=hold_id)]
    for hold_id in hold_ids:  # the leading one last
        db.session.execute(delete(Hold).where(Hold.id == hold_id))
    return freed
