"""What a kind of service must say of itself: its `ServiceRoom`, in one place, read by everybody else.

A kind is a word of `services.kind`, and the name of a folder. Outside that folder no kind is named:
`app` has the tuple of all rooms, and the others ask `room_of`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flask import Blueprint

from clinic.scheduling.policy import NEVER_PAUSED
from clinic.visits import stations
from clinic.visits.stations import Pathway


@dataclass(frozen=True)
class ServiceRoom:
    """One kind of service. Its texts are marked for translation."""

    kind: str
    title: str
    about: str  # what it is for, in a sentence to families
    book: str  # on a button
    icon: str
    pages: Blueprint
    pathway: Pathway | None = None  # its tickets and stations; None: nobody waits in a line
    is_never_paused: bool = False  # after missed visits
    short: Mapping[str, str] = field(default_factory=dict)  # a word for each of its own objections
    is_followed: bool = False  # another service can be had right after it, in the same visit
    follows: bool = False  # it can be had right after another
    courses: Sequence[int] = ()  # so many sessions can be booked as one course


_rooms: dict[str, ServiceRoom] = {}


def use(rooms: Sequence[ServiceRoom]) -> None:
    """These are the rooms of this process, in the order in which pages name them."""
    _rooms.clear()
    _rooms.update({room.kind: room for room in rooms})
    stations.use({room.kind: room.pathway for room in rooms if room.pathway})
    NEVER_PAUSED.clear()
    NEVER_PAUSED.update(room.kind for room in rooms if room.is_never_paused)


def rooms() -> Sequence[ServiceRoom]:
    """All of them."""
    return list(_rooms.values())


def room_of(kind: str) -> ServiceRoom:
    """The room of that kind of service."""
    return _rooms[kind]


def in_order_of_visit() -> Sequence[ServiceRoom]:
    """All of them as one visit would have them: what can follow comes after the others."""
    return sorted(_rooms.values(), key=lambda room: room.follows)


def followers_of(kind: str) -> Sequence[ServiceRoom]:
    """What can be had right after that kind of service, in the same visit."""
    if not room_of(kind).is_followed:
        return ()
    return [room for room in _rooms.values() if room.follows]


def short_words() -> Mapping[str, str]:
    """A word or two for each objection that is a room's own, by its code."""
    return {code: text for room in _rooms.values() for code, text in room.short.items()}
