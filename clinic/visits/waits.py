"""How long a family still waits: the one source of what its page, its slip and the queue say."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clinic.scheduling.models import Appointment
from clinic.visits import rules
from clinic.visits.models import Ticket
from clinic.visits.queries import rooms_at_work, served_lately, ticket_of, waiting_at
from clinic.visits.rules import State
from clinic.visits.stations import Station, stations


@dataclass(frozen=True)
class Wait:
    """Where a ticket stands: so many before it, so many minutes; `until` for a child that is observed;
    `early_for`, the booked time, for a child that is here long before it."""

    ticket: Ticket
    station: Station
    ahead: int = 0
    minutes: int = 0
    until: datetime | None = None
    early_for: datetime | None = None


def wait_of(appointment: Appointment, now: datetime) -> Wait | None:
    """How the appointment's ticket stands; None if it has none."""
    ticket = ticket_of(appointment)
    return None if ticket is None else wait_with(ticket, now)


def wait_with(ticket: Ticket, now: datetime) -> Wait:
    """How long it is until this ticket's turn, learned from today's pace."""
    station = stations()[ticket.station]
    if ticket.state is State.OBSERVING:
        return Wait(ticket, station, until=rules.watched_until(station, ticket.since))
    if ticket.state is not State.WAITING:
        return Wait(ticket, station)
    line = waiting_at(ticket.centre_id, ticket.day, ticket.station)
    return waits_in(line, now)[ticket.id]


def waits_in(line: Sequence[Ticket], now: datetime) -> dict[int, Wait]:
    """How each ticket stands, by its id; `line` is all that wait at one station, the first first."""
    if not line:
        return {}
    where = (line[0].centre_id, line[0].day, line[0].station)
    station, served, rooms = stations()[where[2]], served_lately(*where), rooms_at_work(*where, now)
    found = {}
    for number, ticket in enumerate(line):
        ahead = sum(_shares(one, ticket) for one in line[:number])
        each = rules.pace(served, timedelta(minutes=station.minutes or ticket.slot_minutes))
        length = rules.wait(ahead, 1 if ticket.room_id else rooms, each)
        is_early = rules.is_early(ticket.place, now)
        found[ticket.id] = Wait(
            ticket,
            station,
            ahead,
            rules.whole_minutes(length),
            early_for=rules.turn_of(ticket.place) if is_early else None,
        )
    return found


def _shares(one: Ticket, ticket: Ticket) -> bool:
    """Whether it waits in the same line: for the same room, or one of them for any."""
    return one.room_id is None or ticket.room_id in (None, one.room_id)
