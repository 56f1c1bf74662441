"""What a kind of service must say of itself: its `ServiceRoom`, in one place, read by everybody else.

A kind is a word of `services.kind`, and the name of a folder. Outside that folder no kind is named:
`app` has the tuple of all rooms, and the others ask `room_of`.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Protocol

from flask import Blueprint
from sqlalchemy.orm import InstrumentedAttribute

from clinic.accounts.models import Profession
from clinic.centres.models import Centre
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.families.reconciling import Dependents
from clinic.questionnaires.asking_again import AnsweredYes, AsksAgain, answered_yes
from clinic.scheduling.models import Appointment
from clinic.scheduling.policies.policy import NEVER_PAUSED
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.requirements import Requirements
from clinic.scheduling.verdict.rules import Objection
from clinic.services.demo import RoomDemo
from clinic.services.due import DueItem, Outlook
from clinic.visits import stations
from clinic.visits.stations import Pathway


@dataclass(frozen=True)
class Link:
    """Where a button leads: an endpoint of the site. `label` is a marked text."""

    label: str
    icon: str
    endpoint: str
    values: Mapping[str, object] = field(default_factory=dict)


class Purpose(Protocol):
    """What a visit is for, more exactly than its service: a dose, say."""

    @property
    def code(self) -> str: ...
    @property
    def name_zh(self) -> str: ...
    @property
    def name_en(self) -> str: ...


@dataclass(frozen=True)
class Watched:
    """A child who is let go on a page of its room, not in the queue: that page, and what the queue says."""

    link: Link
    refusal: DomainError
    warning: str = ""  # why it must stay, whatever the time; empty: until its time is over


@dataclass(frozen=True)
class AskFirst:
    """The family answers on a page of the room before it sees times.

    The endpoint takes `child` and `next`, the address to which it leads when that is done. It must
    then be another step, or none.
    """

    endpoint: str
    child_id: int


@dataclass(frozen=True)
class TurnedAway:
    """No time is to be chosen: why, and where to go instead, if there is anything."""

    why: Objection
    link: Link | None = None


Step = AskFirst | TurnedAway


@dataclass(frozen=True)
class PurposeTexts:
    """How pages speak of what a visit of this kind can be for. Marked texts."""

    ask: str  # above the boxes to tick
    about: str  # below them
    in_one_visit: str  # on a button, all of them: %(num)s
    first_in_one_visit: str  # on a button, as many as fit: %(num)s
    of_new_child: str  # to the desk, of a child with nothing on record
    about_paid: str  # above what the family pays for, if it wants
    about_plan: str  # at the end of a plan


Moment = InstrumentedAttribute[datetime]
Purposes = Mapping[int, Sequence[Purpose]]  # by appointment


def _nowhere(_: Appointment) -> Link | None:
    return None


def _go_on(_: Sequence[Request], __: datetime) -> Step | None:
    return None


def _not_so(_: Appointment) -> bool:
    return False


def _nothing(_: Collection[int]) -> Purposes:
    return {}


def _all_well(_: datetime) -> Sequence[str]:
    return ()


def _nobody(_: Collection[int], __: int) -> Mapping[int, Watched]:
    return {}


@dataclass(frozen=True)
class CentreNeed:
    """What a centre needs before visits of a kind can be booked: how much is there, and the page
    of managers that gets it."""

    link: Link
    count: int


def _needs_nothing(_: Centre, __: date) -> Sequence[CentreNeed]:
    return ()


@dataclass(frozen=True)
class ServiceRoom:
    """One kind of service. Texts are marked for translation."""

    kind: str
    title: str
    about: str  # what it is for, in a sentence to families
    book: str  # on a button
    icon: str
    pages: Blueprint
    more_pages: Sequence[Blueprint] = ()  # elsewhere than under its own name
    commands: Sequence[Blueprint] = ()
    professions: frozenset[Profession] = frozenset(Profession)  # who give it, and write its notes
    pathway: Pathway | None = None  # its tickets and stations; None: nobody waits in a line

    # Booking
    before_choosing: Callable[[Sequence[Request], datetime], Step | None] = (
        _go_on  # of what families ask for from this room; None: they may choose a time
    )
    requirements: type[Requirements] | None = None  # what a visit needs beyond its place
    never_priced: str = ""  # why its services have no price; said where one would be entered
    is_never_paused: bool = False  # after missed visits
    short: Mapping[str, str] = field(default_factory=dict)  # a word for each of its own objections
    is_followed: bool = False  # another service can be had right after it, in the same visit
    follows: bool = False  # it can be had right after another
    courses: Sequence[int] = ()  # so many sessions can be booked as one course

    purposes: PurposeTexts | None = None  # if its visits can be for one thing or another

    # An appointment's pages. Each link is None where there is no such page.
    purposes_of: Callable[[Collection[int]], Purposes] = _nothing  # by ids, in one query
    lost_purposes_of: Callable[[Collection[int]], Purposes] = _nothing  # what a change took away
    link_before: Callable[[Appointment], Link | None] = _nowhere  # what the family answers before
    link_record: Callable[[Appointment], Link | None] = (
        _nowhere  # where staff write down what is done
    )
    link_staff: Callable[[Appointment], Link | None] = (
        _nowhere  # where staff read what it keeps of the child
    )
    link_report: Callable[[Appointment], Link | None] = _nowhere  # what the family reads afterwards

    # What is due. Both are asked on a day; `due` for many children, in a constant number of queries.
    due: Callable[[Collection[Child], date], Mapping[int, Sequence[DueItem]]] | None = None
    outlook: Callable[[Child, date], Outlook] | None = None  # all of one child's, if there is more
    enter_past: Callable[[Child], Link] | None = None  # where the family enters what others did
    nothing_past: str = ""  # said on the plan while nothing of it is on record
    child_page: Callable[[Child], Link] | None = None  # what the family sees of a child

    # The day at the centre
    asks_again: AsksAgain | None = None  # before a check-in: what was answered with yes at home
    has_record: Callable[[Appointment], bool] = (
        _not_so  # something final is on record: it stays done
    )
    no_record: str = ""  # asked before a visit is finished at which nothing is on record
    nothing_done: str = ""  # the box to tick if that is right
    must_stay: Callable[[Appointment], bool] = _not_so  # after the visit, whatever the time
    watched: Callable[[Collection[int], int], Mapping[int, Watched]] = _nobody  # children, centre
    staff_pages: Sequence[Link] = ()  # of reception and clinicians

    # The managers
    link_manager: Callable[[Centre], Link] | None = None  # a page about one centre
    manager_pages: Sequence[Link] = ()  # about all of them
    needs_of_centre: Callable[[Centre, date], Sequence[CentreNeed]] = (
        _needs_nothing  # beside rooms, people and hours
    )

    # Its rows
    demo: RoomDemo = field(default_factory=RoomDemo)  # what it adds to the demo's city
    dependents: Dependents | None = None  # what of it hangs on children's records
    broken: Callable[[datetime], Sequence[str]] = _all_well  # what does not add up, for `verify`
    kept_for: Sequence[
        tuple[Moment, timedelta]
    ] = ()  # rows to delete, by a column with a moment, when so long has passed since


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


def step_before(requests: Sequence[Request], now: datetime) -> Step | None:
    """What comes before families choose times for these: the first step that a room says, if any."""
    for kind in dict.fromkeys(request.service.kind for request in requests):
        theirs = [request for request in requests if request.service.kind == kind]
        if step := room_of(kind).before_choosing(theirs, now):
            return step
    return None


def turned_away(requests: Sequence[Request], now: datetime) -> TurnedAway | None:
    """Why these may have no time, by what is answered already. Who was not asked yet may wait for one:
    the offer asks first."""
    step = step_before(requests, now)
    return step if isinstance(step, TurnedAway) else None


def followers_of(kind: str) -> Sequence[ServiceRoom]:
    """What can be had right after that kind of service, in the same visit."""
    if not room_of(kind).is_followed:
        return ()
    return [room for room in _rooms.values() if room.follows]


def short_words() -> Mapping[str, str]:
    """A word or two for each objection that is a room's own, by its code."""
    return {code: text for room in _rooms.values() for code, text in room.short.items()}


def by_room(appointments: Iterable[Appointment]) -> Mapping[str, list[Appointment]]:
    """These appointments by their kind of service."""
    found: dict[str, list[Appointment]] = {}
    for appointment in appointments:
        found.setdefault(appointment.service.kind, []).append(appointment)
    return found


def answers_of(appointments: Iterable[Appointment], now: datetime) -> Mapping[int, AnsweredYes]:
    """What was answered with yes before these appointments, by id. Two queries a room that asks."""
    found: dict[int, AnsweredYes] = {}
    for kind, those in by_room(appointments).items():
        if asks_again := room_of(kind).asks_again:
            found |= answered_yes(asks_again, [appointment.id for appointment in those], now)
    return found


def must_ask(appointment: Appointment, now: datetime) -> bool:
    """Whether the desk has to ask something again before this check-in."""
    answered = answers_of([appointment], now).get(appointment.id)
    return answered is not None and answered.asked is None


def has_record(appointment: Appointment) -> bool:
    """Whether something final is on record of it, whatever its kind."""
    return any(room.has_record(appointment) for room in _rooms.values())


def lacks_record(appointment: Appointment) -> bool:
    """Whether its kind asks for something on record, and nothing is."""
    room = room_of(appointment.service.kind)
    return bool(room.no_record) and not room.has_record(appointment)


def must_stay(appointment: Appointment) -> bool:
    """Whether the child may not leave after it, whatever the time."""
    return any(room.must_stay(appointment) for room in _rooms.values())


def watched_at(child_ids: Collection[int], centre_id: int) -> Mapping[int, Watched]:
    """Of these children at the centre, those that a room lets go, not the queue; by child."""
    found: dict[int, Watched] = {}
    for room in _rooms.values() if child_ids else ():
        found |= room.watched(child_ids, centre_id)
    return found
