"""What a draft of the rota comes to, compared with what is there. Pure: no database, no clock."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import combinations

from clinic.clock import at
from clinic.scheduling.timetable.weekly import Weekly, cut, rules_meet
from clinic.scheduling.verdict.consecutive import consecutive


@dataclass(frozen=True)
class PlannedHours:
    """A template of the rota as it would be. `draft_id` says what brings it, else it is a rule already."""

    practitioner_id: int
    room_id: int
    service_ids: frozenset[int]
    weekly: Weekly
    rule_id: int | None = None
    draft_id: int | None = None

    def on(self, day: date) -> tuple[datetime, datetime]:
        """From when to when, on that day."""
        return at(day, self.weekly.opens), at(day, self.weekly.closes)

    def times(self, day: date) -> list[tuple[datetime, datetime]]:
        """Its slots on that day."""
        return list(cut(*self.on(day), self.weekly.slot_minutes))

    def is_like(self, other: "PlannedHours") -> bool:
        """Whether their sessions are the same, on days on which both apply."""
        a, b = self.weekly, other.weekly
        return (
            self.practitioner_id == other.practitioner_id
            and self.room_id == other.room_id
            and self.service_ids == other.service_ids
            and (a.opens, a.closes, a.slot_minutes) == (b.opens, b.closes, b.slot_minutes)
            and (a.capacity, a.online_percent) == (b.capacity, b.online_percent)
            and a.stations == b.stations
        )

    def meets(self, other: "PlannedHours") -> bool:
        """Whether they ever need the same clinician or room at the same moment."""
        same = self.practitioner_id == other.practitioner_id or self.room_id == other.room_id
        return same and rules_meet(self.weekly, other.weekly)


@dataclass(frozen=True)
class PlannedSession:
    """A session on a day: one that is there, or one that would be."""

    draft_id: int
    day: date
    starts_at: datetime
    ends_at: datetime
    practitioner_id: int
    room_id: int
    minutes: int
    places: int


@dataclass(frozen=True)
class Compared:
    """Sessions that come, that become others, and that go; each earliest first."""

    added: tuple[PlannedSession, ...] = ()
    changed: tuple[tuple[PlannedSession, PlannedSession], ...] = ()
    withdrawn: tuple[PlannedSession, ...] = ()


def compare(before: Iterable[PlannedSession], after: Iterable[PlannedSession]) -> Compared:
    """A draft ends a session and opens one on the same day: that is a change of it, else one comes or goes."""
    gone = {
        (planned_session.draft_id, planned_session.day): planned_session
        for planned_session in before
    }
    come = {
        (planned_session.draft_id, planned_session.day): planned_session
        for planned_session in after
    }

    def sort(keys: Collection[tuple[int, date]]) -> list[tuple[int, date]]:
        return sorted(keys, key=lambda key: ((come.get(key) or gone[key]).starts_at, key))

    return Compared(
        added=tuple(come[key] for key in sort(come.keys() - gone.keys())),
        changed=tuple((gone[key], come[key]) for key in sort(gone.keys() & come.keys())),
        withdrawn=tuple(gone[key] for key in sort(gone.keys() - come.keys())),
    )


@dataclass
class PlannedSlot:
    """A slot that would be there: until when, with how many places left, for which services."""

    ends_at: datetime
    left: int
    service_ids: frozenset[int]


@dataclass(frozen=True)
class BookedTime:
    """An appointment that loses its session."""

    id: int
    practitioner_id: int
    service_id: int
    starts_at: datetime
    ends_at: datetime


@dataclass
class PlannedSlots:
    """The slots of the sessions that would be there, to be filled by appointments that lose theirs."""

    by_start: dict[tuple[int, datetime], PlannedSlot] = field(default_factory=dict)

    def add(self, hours: PlannedHours, day: date, is_shut: Sequence[object]) -> None:
        """The slots of that day, but those that a closure or a leave shuts."""
        for (starts_at, ends_at), shut in zip(hours.times(day), is_shut, strict=True):
            if not shut:
                slot = PlannedSlot(ends_at, hours.weekly.capacity, hours.service_ids)
                self.by_start[hours.practitioner_id, starts_at] = slot

    def keep(self, booked: Iterable[BookedTime]) -> Mapping[int, tuple[datetime, ...]]:
        """The appointments that can keep their time with their clinician, in the order given.

        By appointment, the starts of the slots that make up exactly its time.
        """
        kept: dict[int, tuple[datetime, ...]] = {}
        for booked_time in booked:
            if starts := self._run(booked_time):
                for start in starts:
                    self.by_start[booked_time.practitioner_id, start].left -= 1
                kept[booked_time.id] = starts
        return kept

    def _run(self, booked_time: BookedTime) -> tuple[datetime, ...]:
        def slot_at(moment: datetime) -> PlannedSlot | None:
            slot = self.by_start.get((booked_time.practitioner_id, moment))
            return (
                slot if slot and slot.left and booked_time.service_id in slot.service_ids else None
            )

        run = consecutive(slot_at, booked_time.starts_at, booked_time.ends_at)
        if not run or run[-1].ends_at != booked_time.ends_at:
            return ()
        return (booked_time.starts_at, *(slot.ends_at for slot in run[:-1]))


def planned_slots_of(
    practitioner_id: int,
    times: Iterable[tuple[datetime, datetime]],
    places: int,
    service_ids: frozenset[int],
) -> PlannedSlots:
    """The slots of one session that would be there."""
    return PlannedSlots(
        {(practitioner_id, start): PlannedSlot(end, places, service_ids) for start, end in times}
    )


def clashes(after: Sequence[PlannedHours]) -> list[tuple[int, PlannedHours]]:
    """The drafts whose template needs a clinician or a room that another template has, with that one."""
    found = []
    for hours, other in combinations(after, 2):
        draft_id = other.draft_id or hours.draft_id
        if draft_id is not None and hours.meets(other):
            found.append((draft_id, hours if other.draft_id == draft_id else other))
    return found
