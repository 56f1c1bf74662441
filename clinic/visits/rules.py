"""A ticket's way through the stations: who may do what in which state. Pure.

`MACHINE` is the whole of it; what is not in it is refused.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from math import ceil
from statistics import median

from clinic.visits.stations import Station, pathways, stations


class State(StrEnum):
    """Where a ticket stands at its station."""

    WAITING = "waiting"
    CALLED = "called"
    WITH = "with"  # in the room
    OBSERVING = "observing"
    SKIPPED = "skipped"  # called and not there, or gone early
    DONE = "done"
    VOID = "void"  # the check-in was taken back


class Verb(StrEnum):
    """What somebody may do to a ticket."""

    CALL = "call"
    CALL_AGAIN = "call_again"
    BEGIN = "begin"
    SKIP = "skip"
    BACK = "back"
    HAND_OVER = "hand_over"
    FINISH = "finish"
    CLOSE = "close"  # at the end of the day
    UNDO = "undo"


class Who(StrEnum):
    """ANY is reception and clinicians of the centre; STATION those who serve at the station."""

    ANY = "any"
    DESK = "desk"
    STATION = "station"


@dataclass(frozen=True)
class Transition:
    """Who may do it, and the state after it; None: `after` says which."""

    who: Who
    to: State | None


MACHINE: dict[tuple[State, Verb], Transition] = {
    (State.WAITING, Verb.CALL): Transition(Who.ANY, State.CALLED),
    (State.WAITING, Verb.SKIP): Transition(Who.ANY, State.SKIPPED),
    (State.WAITING, Verb.HAND_OVER): Transition(Who.ANY, None),
    (State.CALLED, Verb.CALL_AGAIN): Transition(Who.ANY, State.CALLED),
    (State.CALLED, Verb.BEGIN): Transition(Who.STATION, State.WITH),
    (State.CALLED, Verb.SKIP): Transition(Who.ANY, State.SKIPPED),
    (State.CALLED, Verb.HAND_OVER): Transition(Who.ANY, None),
    (State.CALLED, Verb.FINISH): Transition(Who.STATION, None),
    (State.WITH, Verb.HAND_OVER): Transition(Who.STATION, None),
    (State.WITH, Verb.FINISH): Transition(Who.STATION, None),
    (State.OBSERVING, Verb.HAND_OVER): Transition(Who.STATION, None),
    (State.OBSERVING, Verb.FINISH): Transition(Who.STATION, None),
    (State.OBSERVING, Verb.SKIP): Transition(Who.STATION, State.SKIPPED),
    (State.SKIPPED, Verb.BACK): Transition(Who.ANY, None),
    (State.WAITING, Verb.CLOSE): Transition(Who.DESK, State.DONE),
    (State.CALLED, Verb.CLOSE): Transition(Who.DESK, State.DONE),
    (State.WITH, Verb.CLOSE): Transition(Who.DESK, State.DONE),
    (State.OBSERVING, Verb.CLOSE): Transition(Who.DESK, State.DONE),
    (State.SKIPPED, Verb.CLOSE): Transition(Who.DESK, State.DONE),
} | {(state, Verb.UNDO): Transition(Who.ANY, None) for state in State if state is not State.VOID}

DESK = frozenset({"reception"})
STAFF = DESK | {"clinician"}
BUSY = (State.CALLED, State.WITH)  # a child is in one place at a time
OPEN = (State.WAITING, *BUSY, State.OBSERVING, State.SKIPPED)
UNDO_WITHIN = timedelta(minutes=5)
EARLY = timedelta(
    minutes=30
)  # a child that is here longer before its time may as well wait outside
BEHIND = 3  # a child that was called and not there comes back behind as many
RECENT = 10  # served last: what today's pace is learned from
FEWEST = 3  # of them are needed to learn anything


def may(state: State, verb: Verb, roles: Collection[str], station: Station) -> bool:
    """Whether somebody with these roles at the centre may do that in that state."""
    step = MACHINE.get((state, verb))
    if step is None:
        return False
    allowed = {Who.ANY: STAFF, Who.DESK: DESK, Who.STATION: station.staff}[step.who]
    return not allowed.isdisjoint(roles)


def arriving_at(station: Station) -> State:
    """The state in which a child comes to a station."""
    return State.OBSERVING if station.watches else State.WAITING


def next_station(kind: str, station: str) -> str | None:
    """The station after that one on the way of this kind of service; None at its end, or off its way."""
    path = pathways()[kind].path
    if station not in path[:-1]:
        return None
    return path[path.index(station) + 1]


def after_finish(kind: str, station: str) -> tuple[State, str]:
    """State and station once a child is finished at a station."""
    onward = next_station(kind, station)
    if onward is None:
        return State.DONE, station
    return arriving_at(stations()[onward]), onward


def watched_until(station: Station, since: datetime) -> datetime | None:
    """Until when a child must stay, where it is watched. Source: stations.json."""
    return since + timedelta(minutes=station.minutes or 0) if station.watches else None


def label(kind: str, number: int) -> str:
    """`A012`."""
    return f"{pathways()[kind].letter}{number:03}"


def place(turn: datetime, number: int) -> float:
    """A place in a line: the smaller comes first. Of one turn, the smaller ticket number."""
    return turn.timestamp() + number / 10_000


def place_behind(line: Sequence[float], own: float, behind: int = BEHIND) -> float:
    """The place of a ticket that comes back: behind the first `behind` of those who wait, but never
    before its own. `line` are the places of the others who wait, in any order."""
    ahead = sorted(line)
    if not ahead:
        return own
    if len(ahead) <= behind:
        return max(own, ahead[-1] + 1 / 20_000)
    return max(own, (ahead[behind - 1] + ahead[behind]) / 2)


def turn_of(place: float) -> datetime:
    """The moment of a place in a line: the booked time, or when a late child came."""
    return datetime.fromtimestamp(int(place), UTC)


def is_early(place: float, now: datetime) -> bool:
    """Whether a child is here so long before its time that it does not wait yet."""
    return turn_of(place) > now + EARLY


def pace(served: Sequence[timedelta], otherwise: timedelta) -> timedelta:
    """How long a child takes: the median of those served last, latest last, once there are a few."""
    recent = served[-RECENT:]
    if len(recent) < FEWEST:
        return otherwise
    return timedelta(seconds=median(one.total_seconds() for one in recent))


def wait(ahead: int, rooms: int, each: timedelta) -> timedelta:
    """How long it takes until `ahead` children are served in so many rooms, `each` a child."""
    return ceil(ahead / max(rooms, 1)) * each


def whole_minutes(length: timedelta) -> int:
    """As one says it: up to ten to the minute, beyond in steps of five, upwards."""
    minutes = ceil(length.total_seconds() / 60)
    return minutes if minutes <= 10 else 5 * ceil(minutes / 5)
