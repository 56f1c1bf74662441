"""Free times for several entries: what is free and what stands against it is read once for all."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, select

from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.db import db
from clinic.families.models import Child
from clinic.scheduling.dayparts import part_of
from clinic.scheduling.models import Hold, WaitlistCentre, WaitlistChild, WaitlistEntry
from clinic.scheduling.policies.stored import policies
from clinic.scheduling.search.together import ChildObjections, Trip
from clinic.scheduling.search.trips import joined
from clinic.scheduling.verdict.diaries import FamilyChild, diaries_of
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import SlotTime, find_slot_times

Cell = tuple[date, str]  # a day, and a part of it


def wants(entry: WaitlistEntry | Row[*tuple[Any, ...]], cell: Cell) -> bool:
    """Whether a time on that day, in that part of it, would do."""
    day, part = cell
    return (
        entry.first_day <= day <= entry.last_day
        and day.weekday() in entry.weekdays
        and part in entry.parts
    )


class Finder:
    """Finds times from `start` on and before `end` for the entries that it has read.

    What is free is read once for each service and centre, and again once `forget` was told that
    something there is taken. It writes nothing.
    """

    def __init__(
        self,
        start: datetime,
        end: datetime,
        *,
        centre_ids: Collection[int] | None = None,
        now: datetime,
    ) -> None:
        self.start, self.end, self.now = start, end, now
        self.only_at = centre_ids  # None: wherever an entry waits
        self._children: Mapping[int, Sequence[FamilyChild]] = {}
        self._centres: Mapping[int, Sequence[int]] = {}
        self._offered: Mapping[int, set[int]] = {}
        self._against: dict[int, list[ChildObjections]] = {}
        self._free: dict[tuple[int, int], dict[Cell, list[SlotTime]]] = {}

    def read(self, entries: Sequence[WaitlistEntry]) -> None:
        """Learn of these entries, instead of those before, what `trips` needs. Nine queries at most."""
        entry_ids = [entry.id for entry in entries]
        self._children = _children_of(entry_ids, now=self.now)
        self._centres = _centres_of(entry_ids)
        self._offered = _offered_to(entry_ids)
        policy_of = policies(sorted({entry.service_id for entry in entries}))
        self._against = {
            entry.id: [
                ChildObjections(Request(child, entry.service), child.diary, policy_of, now=self.now)
                for child in self._children.get(entry.id, ())
            ]
            for entry in entries
        }
        wanted: dict[Service, set[int]] = defaultdict(set)
        for entry in entries:
            wanted[entry.service].update(self.centres_of(entry))
        for service, centre_ids in wanted.items():
            self._read_free(service, centre_ids)

    def requests(self, entry: WaitlistEntry) -> list[Request]:
        """What the entry asks for, child by child."""
        return [against.wish for against in self._against[entry.id]]

    def centres_of(self, entry: WaitlistEntry) -> list[int]:
        """The centres at which a time may be found for the entry."""
        centre_ids = self._centres.get(entry.id, ())
        return [
            centre_id
            for centre_id in centre_ids
            if self.only_at is None or centre_id in self.only_at
        ]

    def trips(self, entry: WaitlistEntry) -> list[Trip]:
        """The trips that the entry wants and may have, the earliest first; none offered to it before."""
        centre_ids, requests = self.centres_of(entry), self.requests(entry)
        wanted = [
            slot_time
            for centre_id in centre_ids
            for cell, slot_times in self._free_at(entry.service, centre_id).items()
            if wants(entry, cell)
            for slot_time in slot_times
        ]
        if not wanted or not requests:
            return []
        wanted.sort(key=lambda found: (found.starts_at, found.centre_id, found.slot_id))
        fitting = [
            [slot_time for slot_time in wanted if not against(slot_time)]
            for against in self._against[entry.id]
        ]
        offered = self._offered.get(entry.id, set())
        return [
            trip
            for trip in joined(requests, fitting, self.end, now=self.now)
            if offered.isdisjoint(slots_of(trip))
        ]

    def pauses(self, entry: WaitlistEntry) -> list[datetime]:
        """Until when missed visits keep its children from the service, at each centre."""
        found = [
            against.paused_until(centre_id)
            for against in self._against[entry.id]
            if against.diary.absences
            for centre_id in self.centres_of(entry)
        ]
        return [moment for moment in found if moment is not None]

    def forget(self, centre_id: int) -> None:
        """Something was taken at the centre."""
        self._free = {key: cells for key, cells in self._free.items() if key[1] != centre_id}

    def _free_at(self, service: Service, centre_id: int) -> Mapping[Cell, list[SlotTime]]:
        self._read_free(service, [centre_id])
        return self._free[service.id, centre_id]

    def _read_free(self, service: Service, centre_ids: Iterable[int]) -> None:
        """Read what is free at those of the centres that are not known. One query at most."""
        new = [number for number in centre_ids if (service.id, number) not in self._free]
        if not new:
            return
        self._free.update({(service.id, centre_id): {} for centre_id in new})
        for found in find_slot_times(
            service, new, self.start, self.end, now=self.now, only_free=True
        ):
            cell = clinic_day(found.starts_at), part_of(found.starts_at)
            self._free[service.id, found.centre_id].setdefault(cell, []).append(found)


def slots_of(trip: Trip) -> set[int]:
    """The slots that a trip takes."""
    return {slot_id for slot_time in trip.offers for slot_id in slot_time.slot_ids}


def _children_of(entry_ids: Sequence[int], *, now: datetime) -> Mapping[int, list[FamilyChild]]:
    """By entry, its children in the order of their ids."""
    query = (
        select(WaitlistChild.entry_id, Child.id, Child.name, Child.birth_date)
        .join(Child, Child.id == WaitlistChild.child_id)
        .where(WaitlistChild.entry_id.in_(entry_ids))
        .order_by(Child.id)
    )
    rows = db.session.execute(query).all()
    diaries = diaries_of({row.id for row in rows}, now=now)
    found: dict[int, list[FamilyChild]] = defaultdict(list)
    for row in rows:
        child = FamilyChild(row.id, row.name, row.birth_date, diaries[row.id])
        found[row.entry_id].append(child)
    return found


def _centres_of(entry_ids: Sequence[int]) -> Mapping[int, list[int]]:
    """By entry, the centres at which it waits, in the order of their ids."""
    query = select(WaitlistCentre.entry_id, WaitlistCentre.centre_id).where(
        WaitlistCentre.entry_id.in_(entry_ids)
    )
    found: dict[int, list[int]] = defaultdict(list)
    for row in db.session.execute(query.order_by(WaitlistCentre.centre_id)):
        found[row.entry_id].append(row.centre_id)
    return found


def _offered_to(entry_ids: Sequence[int]) -> Mapping[int, set[int]]:
    """By entry, the slots that were offered to it, whatever became of the offer."""
    query = select(Hold.entry_id, Hold.slot_id).where(Hold.entry_id.in_(entry_ids))
    found: dict[int, set[int]] = defaultdict(set)
    for row in db.session.execute(query):
        found[row.entry_id].add(row.slot_id)
    return found
