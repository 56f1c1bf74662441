"""A calendar's day as a board: groups of sessions and visits, how full, who waits. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from clinic.centres.models import Service
from clinic.scheduling.models import Appointment, ClinicSession
from clinic.scheduling.status import Status, status_of
from clinic.sentences import mark


class Load(StrEnum):
    """How full a session is."""

    EMPTY = "empty"
    LIGHT = "light"
    BUSY = "busy"
    FULL = "full"


LOADS = {
    Load.EMPTY: mark("Nobody booked"),
    Load.LIGHT: mark("Light"),
    Load.BUSY: mark("Filling up"),
    Load.FULL: mark("Full"),
}


def load_of(taken: int, places: int) -> Load:
    """Empty; light below half; busy; full when every place is taken."""
    if not taken:
        return Load.EMPTY
    if taken >= places:
        return Load.FULL
    return Load.LIGHT if taken * 2 < places else Load.BUSY


@dataclass(frozen=True)
class Block:
    """A session with its places taken and in all, the services that it gives, its free times to come."""

    session: ClinicSession
    taken: int
    places: int
    services: Sequence[Service]
    free: Sequence[datetime] = ()

    @property
    def load(self) -> Load:
        return load_of(self.taken, self.places)


@dataclass(frozen=True)
class BoardRow:
    """A line of a group: a visit, or free times that follow each other, or that it is now."""

    appointment: Appointment | None = None
    free: Sequence[tuple[datetime, Block]] = ()
    is_now: bool = False


@dataclass
class BoardGroup:
    """One clinician's, room's or service's part of a day. The now-line comes before visit `line`."""

    thing: object
    blocks: list[Block] = field(default_factory=list)
    appointments: list[Appointment] = field(default_factory=list)
    line: int | None = None

    @property
    def load(self) -> Load:
        return load_of(
            sum(block.taken for block in self.blocks), sum(block.places for block in self.blocks)
        )

    @property
    def rows(self) -> list[BoardRow]:
        """Its visits in order, with the free times, each once, and the now-line between them."""
        found_free = {moment: block for block in self.blocks for moment in block.free}
        free = [(moment, found_free[moment]) for moment in sorted(found_free)]
        found: list[BoardRow] = []
        for number, appointment in enumerate(self.appointments):
            found += [BoardRow(is_now=True)] if number == self.line else []
            before = [gap for gap in free if gap[0] < appointment.starts_at]
            free = free[len(before) :]
            found += [BoardRow(free=before)] if before else []
            found.append(BoardRow(appointment))
        found += [BoardRow(is_now=True)] if self.line == len(self.appointments) else []
        return [*found, BoardRow(free=free)] if free else found


@dataclass(frozen=True)
class DaySum:
    """A day of a month: sessions, places taken and in all."""

    day: date
    sessions: int
    taken: int
    places: int

    @property
    def load(self) -> Load:
        return load_of(self.taken, self.places)


def grouped(
    by: str,
    blocks: Iterable[Block],
    appointments: Iterable[Appointment],
    *,
    line: datetime | None,
) -> list[BoardGroup]:
    """The day by clinician (`who`), `room` or `service`; `line` is now, if the day is today.

    A session that gives several services is in the group of each.
    """
    groups: dict[int, BoardGroup] = {}

    def group(thing: object) -> BoardGroup:
        return groups.setdefault(thing.id, BoardGroup(thing))  # type: ignore[attr-defined]

    for block in blocks:
        for thing in _things(by, block):
            group(thing).blocks.append(block)
    for appointment in appointments:
        thing = {
            "who": appointment.practitioner,
            "room": appointment.room,
            "service": appointment.service,
        }[by]
        group(thing).appointments.append(appointment)
    for board_group in groups.values():
        board_group.line = _line(board_group.appointments, line)
    return [groups[number] for number in sorted(groups)]


def _things(by: str, block: Block) -> Sequence[object]:
    if by == "service":
        return block.services
    return [block.session.room if by == "room" else block.session.practitioner]


def _line(appointments: Sequence[Appointment], now: datetime | None) -> int | None:
    """Before which visit it is now: the first that begins later, or after the last."""
    if now is None:
        return None
    later = (n for n, one in enumerate(appointments) if one.starts_at > now)
    return next(later, len(appointments))


def waited(appointment: Appointment, now: datetime) -> int | None:
    """The whole minutes since an arrived child came; None for who does not wait."""
    if status_of(appointment) is not Status.ARRIVED or appointment.arrived_at is None:
        return None
    return max(0, int((now - appointment.arrived_at).total_seconds() // 60))


def sums(
    days: Sequence[date], found: Mapping[date, Sequence[tuple[int, int]]]
) -> dict[date, DaySum]:
    """Each day's sum of its sessions' (taken, places)."""
    return {
        day: DaySum(
            day,
            len(found.get(day, ())),
            sum(taken for taken, _ in found.get(day, ())),
            sum(places for _, places in found.get(day, ())),
        )
        for day in days
    }
