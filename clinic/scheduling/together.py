"""Several at once: one trip for siblings, or for a check and then a vaccination.

Nothing here writes. What is found is held and booked as a list, every place or none.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from sqlalchemy import case, func, or_, select

from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling import rules
from clinic.scheduling.models import ClinicSession, Place, Slot
from clinic.scheduling.policies import Policy, policies
from clinic.scheduling.queries import Diary, Offer, Patient, diary_of, offers
from clinic.scheduling.wanted import asking

GAP = timedelta(minutes=30)  # between two parts of one visit


P_co = TypeVar("P_co", bound=Patient, covariant=True)


@dataclass(frozen=True)
class Wish(Generic[P_co]):
    """A child and what it needs."""

    child: P_co
    service: Service


@dataclass(frozen=True)
class Visit:
    """Times that make one trip, in the order of the wishes, all at one centre."""

    offers: tuple[Offer, ...]

    @property
    def starts_at(self) -> datetime:
        return self.offers[0].starts_at

    @property
    def ends_at(self) -> datetime:
        return max(one.ends_at for one in self.offers)


def candidate(offer: Offer) -> rules.Candidate:
    """The offer as the rules see it."""
    return rules.Candidate(
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        day=clinic_day(offer.starts_at),
        opens_at=offer.opens_at,
        is_free=offer.is_free,
        is_closed=offer.is_closed,
    )


class Against:
    """What the rules object to a time for this child. It asks the database nothing."""

    def __init__(
        self,
        wish: Wish[Patient],
        diary: Diary,
        policy_of: Callable[[int, int], Policy],
        *,
        now: datetime,
        online: bool = True,
    ) -> None:
        self.wish, self.diary, self.policy_of = wish, diary, policy_of
        self.now, self.online = now, online
        self.askings: dict[int, rules.Asking] = {}
        self.busy: dict[date, list[tuple[datetime, datetime]]] = {}
        for starts, ends, _ in diary.live:
            for day in {clinic_day(starts), clinic_day(ends)}:
                self.busy.setdefault(day, []).append((starts, ends))

    def __call__(self, offer: Offer) -> list[rules.Objection]:
        when = candidate(offer)
        if not self.online:
            when = replace(when, opens_at=self.now)
        return rules.objections(self._asking(offer.centre_id), when, self.now)

    def beside(self, offers: Sequence[Offer]) -> "Against":
        """The same, with these times of the wish as good as booked."""
        service_id = self.wish.service.id
        more = self.diary.with_more((one.starts_at, one.ends_at, service_id) for one in offers)
        return Against(self.wish, more, self.policy_of, now=self.now, online=self.online)

    def all_day(self, day: date, centre_id: int) -> bool:
        """Whether something of the child's own, its age apart, stands against every time of that day."""
        who = self._asking(centre_id)
        return (
            rules.quota_objection(who, day) is not None
            or rules.pause_objection(who, self.now) is not None
        )

    def elsewhere(self, offer: Offer, day: date) -> bool:
        """Whether the child is somewhere else at that time of that day."""
        return any(
            rules.overlap(offer.starts_at, offer.ends_at, *one) for one in self.busy.get(day, ())
        )

    def _asking(self, centre_id: int) -> rules.Asking:
        if centre_id not in self.askings:
            wish = self.wish
            policy = self.policy_of(wish.service.id, centre_id)
            self.askings[centre_id] = asking(
                wish.child, wish.service, policy, self.diary, online=self.online, now=self.now
            )
        return self.askings[centre_id]


def objections_of(
    wish: Wish[Patient],
    *,
    now: datetime,
    online: bool = True,
    except_for: Collection[int] = (),
) -> Against:
    """What the rules object to a time for this child. A few queries, then none."""
    diary = diary_of(wish.child.id, now=now, except_for=except_for)
    return Against(wish, diary, policies([wish.service.id]), now=now, online=online)


def visits(
    wishes: Sequence[Wish[Patient]],
    centre_ids: Collection[int],
    start: datetime,
    end: datetime,
    *,
    now: datetime,
    online: bool = True,
    against: Sequence[Against] = (),
) -> list[Visit]:
    """Every first time of [start, end) from which the others follow, earliest first.

    They follow in the order of the wishes: in the same slot where it has places for several
    children, else within half an hour after the one before, with the same practitioner or in
    the nearest room (a centre's rooms are numbered as they lie). `against` is what stands
    against each wish, where the caller knows it already.
    """
    against = against or [objections_of(wish, now=now, online=online) for wish in wishes]
    found = {
        service.id: [
            one
            for one in offers(service, centre_ids, start, end + GAP * 4, now=now, online=online)
            if one.is_free
        ]
        for service in {wish.service.id: wish.service for wish in wishes}.values()
    }
    fitting = [
        [one for one in found[wish.service.id] if not theirs(one)]
        for wish, theirs in zip(wishes, against, strict=True)
    ]
    firsts = [one for one in fitting[0] if one.starts_at < end]
    if len(wishes) == 1:
        return [Visit((one,)) for one in firsts]
    nearby = _Nearby(wishes, fitting, online=online, now=now)
    made = (nearby.follow(first) for first in firsts)
    return [visit for visit in made if visit is not None]


class _Nearby:
    """Finds what follows a first time."""

    def __init__(
        self,
        wishes: Sequence[Wish[Patient]],
        fitting: Sequence[Sequence[Offer]],
        *,
        online: bool,
        now: datetime,
    ) -> None:
        self.wishes = wishes
        self.fitting = fitting
        self.starts = [[one.starts_at for one in those] for those in fitting]
        everything = [one for those in fitting for one in those]
        slot_ids = {slot_id for one in everything for slot_id in one.slot_ids}
        self.left = _left(slot_ids, online=online, now=now)
        sessions = {one.clinic_session_id for one in everything}
        rooms = select(ClinicSession.id, ClinicSession.room_id).where(
            ClinicSession.id.in_(sessions)
        )
        self.room = {row.id: row.room_id for row in db.session.execute(rooms)}

    def follow(self, first: Offer) -> Visit | None:
        chain = [first]
        for number in range(1, len(self.wishes)):
            after = self._best(chain, number)
            if after is None:
                return None
            chain.append(after)
        return Visit(tuple(chain))

    def _best(self, chain: list[Offer], number: int) -> Offer | None:
        last, child = chain[-1], self.wishes[number].child
        theirs = [one for one, wish in zip(chain, self.wishes, strict=False) if wish.child == child]
        begin = bisect_left(self.starts[number], last.starts_at)
        until = bisect_right(self.starts[number], last.ends_at + GAP)
        best = [
            one
            for one in self.fitting[number][begin:until]
            if one.centre_id == last.centre_id
            and self._may_follow(one, chain)
            and not any(
                rules.overlap(one.starts_at, one.ends_at, a.starts_at, a.ends_at) for a in theirs
            )
        ]
        return min(best, key=lambda one: self._distance(last, one), default=None)

    def _may_follow(self, one: Offer, chain: Sequence[Offer]) -> bool:
        used = [before.slot_ids for before in chain].count(one.slot_ids)
        if used:
            left = min(self.left[slot_id] for slot_id in one.slot_ids)
            return one.slot_ids == chain[-1].slot_ids and left > used
        return one.starts_at >= chain[-1].ends_at

    def _distance(self, last: Offer, one: Offer) -> tuple[timedelta, bool, int, int]:
        rooms = self.room[last.clinic_session_id], self.room[one.clinic_session_id]
        return (
            max(timedelta(), one.starts_at - last.ends_at),
            one.practitioner_id != last.practitioner_id,
            abs(rooms[0] - rooms[1]),
            one.slot_id,
        )


def _left(slot_ids: Collection[int], *, online: bool, now: datetime) -> dict[int, int]:
    """How many places each slot has left, as a taker would find it. Two queries."""
    slots = select(
        Slot.id,
        Slot.capacity,
        case((Slot.desk_until <= now, Slot.capacity), else_=Slot.online_capacity).label("share"),
    ).where(Slot.id.in_(slot_ids))
    kept = (
        select(
            Place.slot_id,
            func.count().label("taken"),
            func.count().filter(Place.online).label("online"),
        )
        .where(
            Place.slot_id.in_(slot_ids),
            or_(Place.expires_at.is_(None), Place.expires_at > now),
        )
        .group_by(Place.slot_id)
    )
    taken = {row.slot_id: (row.taken, row.online) for row in db.session.execute(kept)}
    left = {}
    for row in db.session.execute(slots):
        everything, theirs = taken.get(row.id, (0, 0))
        free = row.capacity - everything
        left[row.id] = min(free, row.share - theirs) if online else free
    return left
