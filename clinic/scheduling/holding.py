"""Keeping places for some minutes while a family fills in the form. Verbs flush; the caller commits."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Select, bindparam, delete, func, or_, select, tuple_
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import Person
from clinic.centres.models import Service
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.families.models import Guardianship
from clinic.i18n import mark
from clinic.scheduling import places, waiting
from clinic.scheduling.booking import freed_for_others
from clinic.scheduling.models import Appointment, Hold, HoldFor, Slot
from clinic.scheduling.policies import Policy, policy_for
from clinic.scheduling.queries import offers, slots_for
from clinic.scheduling.wanted import Refused, SlotTaken, Wanted, examine, must_differ, refusal

_holds, _kin, _slots = (one.__table__.c for one in (Hold, Guardianship, Slot))
CHILDREN = select(_kin.child_id).where(
    _kin.user_id == bindparam("user_id"), _kin.revoked_at.is_(None)
)
OVER = select(_slots.id).where(
    _slots.id.in_(bindparam("slot_ids", expanding=True)), _slots.frees_at <= bindparam("now")
)
# What a user keeps for these (child, service) already: the leading holds.
KEPT_BEFORE = select(func.coalesce(_holds.lead_id, _holds.id)).where(
    _holds.user_id == bindparam("user_id"),
    tuple_(_holds.child_id, _holds.service_id).in_(bindparam("pairs", expanding=True)),
    _holds.purpose == HoldFor.FORM,
    _holds.booking_id.is_(None),
)


def _held_by_family() -> Select[int]:
    theirs = Guardianship.__table__.alias()
    family = (
        select(_kin.user_id)
        .join(theirs, theirs.c.child_id == _kin.child_id)
        .where(
            theirs.c.user_id == bindparam("user_id"),
            theirs.c.revoked_at.is_(None),
            _kin.revoked_at.is_(None),
        )
    )
    return select(func.count(_holds.id)).where(
        or_(_holds.user_id == bindparam("user_id"), _holds.user_id.in_(family)),
        _holds.purpose == HoldFor.FORM,
        _holds.lead_id.is_(None),
        _holds.booking_id.is_(None),
        _holds.expires_at > bindparam("now"),
    )


HELD_BY_FAMILY = _held_by_family()
GROUP = (
    select(Hold)
    .where(or_(Hold.id == bindparam("lead_id"), Hold.lead_id == bindparam("lead_id")))
    .order_by(Hold.id)
)


class TooManyHolds(DomainError):
    message = mark(
        "Your family already keeps several times at once. Please confirm or release one first."
    )


def hold(wanted: Wanted, *, by: Person, now: datetime, moves: Appointment | None = None) -> Hold:
    """Keep the places for some minutes while the form is filled in.

    It replaces what this user holds for this child and service. Raises Refused, SlotTaken or
    TooManyHolds.
    """
    return hold_together([wanted], by=by, now=now, moves=moves)


def hold_together(
    wanted: Sequence[Wanted], *, by: Person, now: datetime, moves: Appointment | None = None
) -> Hold:
    """Keep the places of several appointments, every one or none; the first hold leads the others.

    Raises as `hold` does.
    """
    _must_be_allowed(wanted, moves, now=now)
    slot_ids = [slot_id for one in wanted for slot_id in one.slot_ids]
    earlier = _earlier(wanted, by)
    _lock([*slot_ids, *_slots_of(earlier)], _children_of(by), now=now)
    if more := _earlier(wanted, by) - earlier:  # the same family was quicker: a double click
        earlier |= more
        _lock(_slots_of(more), now=now)
    for lead_id in earlier:
        if again := _same(lead_id, wanted, moves, now=now):
            return again
    freed = [slot_id for lead_id in sorted(earlier) for slot_id in _forget(lead_id)]
    policy = wanted[0].policy
    if held_by_family(by, now=now) >= policy.holds_per_family:
        raise TooManyHolds
    expires_at = now + timedelta(minutes=max(one.service.hold_minutes for one in wanted))
    lead: Hold | None = None
    for one in wanted:
        kept = Hold(
            user_id=by.id,
            child_id=one.child.id,
            service_id=one.service.id,
            slot_id=one.slots[0].id,
            slot_count=len(one.slots),
            moves=moves,
            lead_id=lead.id if lead else None,
            created_at=now,
            expires_at=expires_at,
        )
        db.session.add(kept)
        db.session.flush()
        lead = lead or kept
        _keep_places(kept, one, policy=policy, now=now)
    freed_for_others(set(freed) - set(slot_ids), policy, now=now)
    assert lead
    return lead


def must_seem_free(
    wanted: Sequence[Wanted], *, by: Person, now: datetime, moves: Appointment | None = None
) -> None:
    """Raise at once what `hold_together` would raise for places that are taken; it only reads.

    So the many who come too late in a rush wait for no lock. What seems free may yet be refused.
    """
    taken = any(slot.free_from > now for one in wanted for slot in one.slots)
    if not taken or _earlier(wanted, by):
        return
    _must_be_allowed(wanted, moves, now=now)
    if held_by_family(by, now=now) >= wanted[0].policy.holds_per_family:
        raise TooManyHolds
    raise SlotTaken


def _must_be_allowed(wanted: Sequence[Wanted], moves: Appointment | None, *, now: datetime) -> None:
    must_differ(wanted)
    except_for = [moves.id] if moves else ()
    for number, one in enumerate(wanted):
        others = wanted[:number]
        if found := examine(one, online=True, now=now, except_for=except_for, beside=others):
            raise Refused(found)


def _lock(slot_ids: Iterable[int], child_ids: Iterable[int] = (), *, now: datetime) -> None:
    """Lock them to take places online; what an expired hold gave free goes to who waits for it first."""
    waiting.on_freed(places.lock_to_take(slot_ids, child_ids, now=now, online=True), now=now)


def over_in(slot_ids: Iterable[int], *, now: datetime) -> list[int]:
    """Those of these slots in which something kept is over."""
    return list(db.session.scalars(OVER, {"slot_ids": list(slot_ids), "now": now}))


def let_go(slot_ids: Iterable[int], *, now: datetime) -> None:
    """Give what is over in these slots to who waits for it.

    Whoever comes by and is refused because somebody waits undoes what was found for them: this
    finds it again, in a transaction of its own, whether a worker runs or not.
    """
    _lock(over_in(slot_ids, now=now), now=now)


def _earlier(wanted: Sequence[Wanted], by: Person) -> set[int]:
    """What this user keeps for these children and services already: the leading holds."""
    pairs = {(one.child.id, one.service.id) for one in wanted}
    which = {"user_id": by.id, "pairs": sorted(pairs)}
    return set(db.session.scalars(KEPT_BEFORE, which))


def _slots_of(lead_ids: Iterable[int]) -> list[int]:
    return [slot_id for lead_id in lead_ids for slot_id in slots_of_group(lead_id)]


def _same(
    lead_id: int, wanted: Sequence[Wanted], moves: Appointment | None, *, now: datetime
) -> Hold | None:
    """That hold, if it still keeps just what is wanted."""
    lead = db.session.get_one(Hold, lead_id, populate_existing=True)
    theirs = [(one.child_id, one.service_id, one.slot_id) for one in group_of(lead)]
    asked = [(one.child.id, one.service.id, one.slots[0].id) for one in wanted]
    same = theirs == asked and lead.moves_id == (moves.id if moves else None)
    has_all = len(slots_of_group(lead_id)) == sum(len(one.slots) for one in wanted)
    return lead if same and has_all and lead.expires_at > now else None


def _keep_places(kept: Hold, wanted: Wanted, *, policy: Policy, now: datetime) -> None:
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


def whoever_is_free(
    service: Service, slot_id: int, *, now: datetime, online: bool = True
) -> list[int]:
    """For "anyone": the slots at that time and centre, locked, the free one of whoever has least to do first.

    With all of them locked nobody is refused while one is free. Least is counted in places taken
    that day.
    """
    first = slots_for(service, slot_id)[0]
    day = day_bounds(clinic_day(first.starts_at))

    def at_that_time() -> list[tuple[int, ...]]:
        found = offers(
            service,
            [first.centre_id],
            first.starts_at,
            first.starts_at + timedelta(minutes=service.minutes),
            now=now,
            online=online,
        )
        free = [one for one in found if one.is_free and one.starts_at == first.starts_at]
        busy = _busy([one.practitioner_id for one in free], day)
        free.sort(key=lambda one: (busy.get(one.practitioner_id, 0), one.slot_id))
        return [one.slot_ids for one in free]

    everybody = at_that_time()
    _lock([slot_id for run in everybody for slot_id in run], now=now)
    return [run[0] for run in at_that_time()] or [slot_id]


def _busy(practitioner_ids: Sequence[int], day: tuple[datetime, datetime]) -> dict[int, int]:
    query = (
        select(Slot.practitioner_id, func.sum(Slot.taken))
        .where(
            Slot.practitioner_id.in_(practitioner_ids),
            Slot.starts_at >= day[0],
            Slot.starts_at < day[1],
        )
        .group_by(Slot.practitioner_id)
    )
    return {row[0]: row[1] for row in db.session.execute(query)}


def _children_of(user: Person) -> list[int]:
    """The children whom this user cares for."""
    return list(db.session.scalars(CHILDREN, {"user_id": user.id}))


def held_by_family(user: Person, *, now: datetime) -> int:
    """How many forms are open of this user and of whoever else cares for the same children."""
    return db.session.scalar(HELD_BY_FAMILY, {"user_id": user.id, "now": now}) or 0


def group_of(lead: Hold) -> list[Hold]:
    """The holds that are confirmed together, the leading one first."""
    return list(db.session.scalars(GROUP, {"lead_id": lead.id}))


def slots_of_group(lead_id: int) -> list[int]:
    """The slots in which the holds of a group have places."""
    query = select(Hold.id).where(or_(Hold.id == lead_id, Hold.lead_id == lead_id))
    return [s for hold_id in db.session.scalars(query) for s in places.slots_of(hold_id=hold_id)]


def release(kept: Hold, *, now: datetime) -> None:
    """Give what is kept back. An offer that nobody wants goes to the next who waits."""
    places.lock(slots_of_group(kept.id))
    lead = db.session.get(Hold, kept.id, populate_existing=True)
    if lead is None or lead.booking_id is not None or lead.ended_at is not None:
        return
    if lead.purpose is HoldFor.WAITLIST:
        waiting.pass_on(lead, now=now)
        return
    slot = db.session.get_one(Slot, lead.slot_id)
    policy = policy_for(lead.service_id, slot.centre_id)
    if lead.purpose is HoldFor.NEW_TIME:
        freed = places.end_holds([lead.id], now=now)
    else:
        freed = _forget(lead.id)
    freed_for_others(freed, policy, now=now)


def _forget(lead_id: int) -> list[int]:
    """Delete a group of holds that nothing came of, with their places. The slots that they were in."""
    group = or_(Hold.id == lead_id, Hold.lead_id == lead_id)
    query = select(Hold.id).where(group, Hold.booking_id.is_(None))
    hold_ids = list(db.session.scalars(query.order_by(Hold.id.desc())))
    freed = [slot_id for hold_id in hold_ids for slot_id in places.give_back(hold_id=hold_id)]
    for hold_id in hold_ids:  # the leading one last
        db.session.execute(delete(Hold).where(Hold.id == hold_id))
    return freed
