"""How long a family still waits, as it is told."""

from dataclasses import dataclass
from datetime import datetime

from clinic.scheduling.models import Appointment
from clinic.visits import rules
from clinic.visits.models import Ticket
from clinic.visits.queries import ahead_of, pace_at, rooms_at_work, ticket_of
from clinic.visits.rules import State
from clinic.visits.stations import Station, stations


@dataclass(frozen=True)
class Wait:
    """Where a ticket stands: so many before it, so many minutes; `until` for who is observed."""

    ticket: Ticket
    station: Station
    ahead: int = 0
    minutes: int = 0
    until: datetime | None = None


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
    ahead = ahead_of(ticket)
    length = rules.wait(ahead, rooms_at_work(ticket, now), pace_at(ticket))
    return Wait(ticket, station, ahead, rules.whole_minutes(length))
