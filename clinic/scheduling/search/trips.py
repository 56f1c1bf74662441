"""The times that make one trip: for siblings, or for a check and then a vaccination. It writes nothing."""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, func, or_, select

from clinic.db import db
from clinic.scheduling.models import ClinicSession, Place, Slot
from clinic.scheduling.search.together import ChildObjections, Trip, objections_of
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import SlotTime, find_slot_times

GAP = timedelta(minutes=30)  # between two parts of one visit
LONGEST_SESSION = timedelta(days=1)


def find_trips(
    wishes: Sequence[Request],
    centre_ids: Collection[int],
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    online: bool = True,
    against: Sequence[ChildObjections] = (),
) -> list[Trip]:
    """Every first time of [start, end) from which the others follow, earliest first.

    They follow in the order of the wishes: in the same slot where it has places for several
    children, else within half an hour after the one before, with the same practitioner or in
    the nearest room (a centre's rooms are numbered as they lie). `against` is what stands
    against each wish, where the caller knows it already.
    """
    against = against or [objections_of(wish, now=now, online=online) for wish in wishes]
    found = {
        service.id: find_slot_times(
            service, centre_ids, start, end + GAP * 4, now=now, online=online, only_free=True
        )
        for service in {wish.service.id: wish.service for wish in wishes}.values()
    }
    fitting = [
        [slot_time for slot_time in found[wish.service.id] if not theirs(slot_time)]
        for wish, theirs in zip(wishes, against, strict=True)
    ]
    return joined(wishes, fitting, end, online=online, now=now)


def joined(
    wishes: Sequence[Request],
    fitting: Sequence[Sequence[SlotTime]],
    end: datetime,
    *,
    now: datetime,
    online: bool = True,
) -> list[Trip]:
    """The same, from the free times that fit each wish, in order of time."""
    firsts = [slot_time for slot_time in fitting[0] if slot_time.starts_at < end]
    if len(wishes) == 1 or not all(fitting):
        return [Trip((first,)) for first in firsts if len(wishes) == 1]
    nearby = _Nearby(wishes, fitting, online=online, now=now)
    made = (nearby.follow(first) for first in firsts)
    return [trip for trip in made if trip is not None]


class _Nearby:
    """Finds what follows a first time, at its centre."""

    def __init__(
        self,
        wishes: Sequence[Request],
        fitting: Sequence[Sequence[SlotTime]],
        *,
        online: bool,
        now: datetime,
    ) -> None:
        self.wishes = wishes
        self.fitting = [_by_centre(slot_times) for slot_times in fitting]
        self.starts = [
            {
                centre_id: [slot_time.starts_at for slot_time in those]
                for centre_id, those in each.items()
            }
            for each in self.fitting
        ]
        centre_ids = set(self.fitting[0]).intersection(*self.fitting[1:])
        between = fitting[0][0].starts_at, max(those[-1].ends_at for those in fitting)
        self.room = _rooms(centre_ids, *between)
        used = Counter(
            slot_id
            for those in fitting
            for slot_id in {slot_id for slot_time in those for slot_id in slot_time.slot_ids}
        )
        # Only a slot that fits two wishes may be wanted twice.
        self.left: Mapping[int, int] = {}
        if max(used.values()) > 1:
            who = {slot_time.practitioner_id for those in fitting for slot_time in those}
            self.left = _left(who, *between, online=online, now=now)

    def follow(self, first: SlotTime) -> Trip | None:
        chain = [first]
        for number in range(1, len(self.wishes)):
            after = self._best(chain, number)
            if after is None:
                return None
            chain.append(after)
        return Trip(tuple(chain))

    def _best(self, chain: list[SlotTime], number: int) -> SlotTime | None:
        last, child = chain[-1], self.wishes[number].child
        theirs = [one for one, wish in zip(chain, self.wishes, strict=False) if wish.child == child]
        starts = self.starts[number].get(last.centre_id, ())
        begin = bisect_left(starts, last.starts_at)
        until = bisect_right(starts, last.ends_at + GAP)
        best = [
            slot_time
            for slot_time in self.fitting[number].get(last.centre_id, ())[begin:until]
            if self._may_follow(slot_time, chain)
            and not any(
                rules.overlap(slot_time.starts_at, slot_time.ends_at, a.starts_at, a.ends_at)
                for a in theirs
            )
        ]
        return min(best, key=lambda one: self._distance(last, one), default=None)

    def _may_follow(self, one: SlotTime, chain: Sequence[SlotTime]) -> bool:
        used = [before.slot_ids for before in chain].count(one.slot_ids)
        if used:
            left = min(self.left[slot_id] for slot_id in one.slot_ids)
            return one.slot_ids == chain[-1].slot_ids and left > used
        return one.starts_at >= chain[-1].ends_at

    def _distance(self, last: SlotTime, one: SlotTime) -> tuple[timedelta, bool, int, int]:
        rooms = self.room[last.clinic_session_id], self.room[one.clinic_session_id]
        return (
            max(timedelta(), one.starts_at - last.ends_at),
            one.practitioner_id != last.practitioner_id,
            abs(rooms[0] - rooms[1]),
            one.slot_id,
        )


def _by_centre(slot_times: Iterable[SlotTime]) -> dict[int, list[SlotTime]]:
    found: dict[int, list[SlotTime]] = {}
    for slot_time in slot_times:
        found.setdefault(slot_time.centre_id, []).append(slot_time)
    return found


def _rooms(centre_ids: Collection[int], start: datetime, end: datetime) -> dict[int, int]:
    """The room of each session of these centres that [start, end) may touch."""
    query = select(ClinicSession.id, ClinicSession.room_id).where(
        ClinicSession.centre_id.in_(centre_ids),
        ClinicSession.starts_at > start - LONGEST_SESSION,
        ClinicSession.starts_at < end,
    )
    return {row.id: row.room_id for row in db.session.execute(query)}


def _left(
    practitioner_ids: Collection[int],
    start: datetime,
    end: datetime,
    *,
    online: bool,
    now: datetime,
) -> dict[int, int]:
    """How many places each of their slots of [start, end) has left, as a taker would find it.

    Two queries at most.
    """
    share = case((Slot.desk_until <= now, Slot.capacity), else_=Slot.online_capacity)
    query = select(
        Slot.id, Slot.capacity, share, Slot.taken, Slot.online_taken, Slot.frees_at
    ).where(
        Slot.practitioner_id.in_(practitioner_ids), Slot.starts_at >= start, Slot.starts_at < end
    )
    slots = db.session.execute(query).all()
    over = {row.id for row in slots if row.frees_at is not None and row.frees_at <= now}
    taken = _taken(over, now=now) if over else {}
    left = {}
    for number, capacity, shared, in_all, by_families, _ in slots:
        everything, theirs = taken.get(number, (in_all, by_families))
        free = capacity - everything
        left[number] = min(free, shared - theirs) if online else free
    return left


def _taken(slot_ids: Collection[int], *, now: datetime) -> dict[int, tuple[int, int]]:
    """How many places are taken in all, and online, where something kept is over."""
    lives = or_(Place.expires_at.is_(None), Place.expires_at > now)
    query = (
        select(Place.slot_id, func.count(), func.count().filter(Place.online))
        .where(Place.slot_id.in_(slot_ids), lives)
        .group_by(Place.slot_id)
    )
    found = {number: (taken, online) for number, taken, online in db.session.execute(query)}
    return {number: found.get(number, (0, 0)) for number in slot_ids}
