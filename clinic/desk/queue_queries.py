"""The queue as a room or the desk sees it. Everything starts from the user."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic.accounts.models import Person
from clinic.accounts.rights import Deed, centres_for
from clinic.centres.models import Centre, Practitioner, Room
from clinic.centres.queries import is_self
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling.models import Appointment, ClinicSession
from clinic.services.room import Watched, watched_at
from clinic.visits import queries, rules
from clinic.visits.models import Encounter, Ticket, TicketStep
from clinic.visits.rules import BUSY, State, Verb
from clinic.visits.stations import Station, pathways, room_station, stations
from clinic.visits.waits import Wait, waits_in


@dataclass(frozen=True)
class Hall:
    """A station of a centre now."""

    busy: list[Ticket]
    appointments: dict[int, Appointment]  # what the busy ones are here for, by ticket
    waiting: list[Wait]
    early: list[Wait]  # long before their time
    watched: list[tuple[Ticket, datetime | None]]  # and until when
    stays: Mapping[int, Watched]  # the children among them whom a service's own room lets go
    skipped: list[Ticket]
    counts: dict[str, int]  # who waits, by station

    @property
    def tickets(self) -> list[Ticket]:
        """All that are shown with their child's name."""
        waiting = [wait.ticket for wait in (*self.waiting, *self.early)]
        return [*self.busy, *waiting, *(one for one, _ in self.watched), *self.skipped]


def staff_centres(user: Person) -> list[Centre]:
    """The centres where this user is at the desk or sees children."""
    ids = centres_for(user, Deed.SERVE_QUEUE)
    return list(db.session.scalars(select(Centre).where(Centre.id.in_(ids)).order_by(Centre.id)))


def get_ticket(user: Person, ticket_id: int) -> Ticket:
    """A ticket of a centre where this user works. Raises NoResultFound."""
    query = select(Ticket).where(
        Ticket.id == ticket_id, Ticket.centre_id.in_(centres_for(user, Deed.SERVE_QUEUE))
    )
    return db.session.execute(query.options(joinedload(Ticket.encounter))).scalar_one()


def hall(centre: Centre, station: Station, room: Room | None, now: datetime) -> Hall:
    """Who is at the station; the line is this room's if there is one."""
    rows = queries.queue(centre.id, clinic_day(now))
    here = [row for row in rows if row.station == station.code]
    waits = waits_in([ticket for ticket in here if ticket.state is State.WAITING], now).values()
    line = [wait for wait in waits if room is None or wait.ticket.room_id in (None, room.id)]
    busy = [ticket for ticket in here if ticket.state in BUSY]
    watched = [ticket for ticket in here if ticket.state is State.OBSERVING]
    children = {ticket.encounter.child_id for ticket in watched}
    return Hall(
        busy=busy,
        appointments=queries.appointments_of(busy),
        waiting=[wait for wait in line if not wait.early_for],
        early=[wait for wait in line if wait.early_for],
        watched=[(ticket, rules.watched_until(station, ticket.since)) for ticket in watched],
        stays=watched_at(children, centre.id),
        skipped=[ticket for ticket in here if ticket.state is State.SKIPPED],
        counts={
            code: sum(row.station == code and _waits(row, now) for row in rows)
            for code in stations()
        },
    )


def _waits(ticket: Ticket, now: datetime) -> bool:
    return ticket.state is State.WAITING and not rules.is_early(ticket.place, now)


def last_steps(user: Person, centre: Centre, now: datetime) -> list[tuple[Ticket, str]]:
    """What this user did last at the centre and can still undo, the latest first."""
    query = (
        select(Ticket, TicketStep.verb)
        .join(
            TicketStep,
            (TicketStep.ticket_id == Ticket.id) & (TicketStep.number == Ticket.steps),
        )
        .where(
            Ticket.centre_id == centre.id,
            Ticket.day == clinic_day(now),
            TicketStep.by_id == user.id,
            TicketStep.at >= now - rules.UNDO_WITHIN,
            TicketStep.verb.in_([verb for verb in Verb if verb is not Verb.UNDO]),
        )
        .options(joinedload(Ticket.encounter).joinedload(Encounter.child))
        .order_by(TicketStep.at.desc(), TicketStep.id.desc())
        .limit(5)
    )
    return [(ticket, verb) for ticket, verb in db.session.execute(query)]


def own_place(user: Person, centre: Centre, now: datetime) -> tuple[str, int | None]:
    """The station and the room where this user works today: a clinician's own session says so."""
    start, end = day_bounds(clinic_day(now))
    query = (
        select(ClinicSession)
        .join(Practitioner, Practitioner.id == ClinicSession.practitioner_id)
        .where(
            is_self(user),
            ClinicSession.centre_id == centre.id,
            ClinicSession.withdrawn_at.is_(None),
            ClinicSession.starts_at < end,
            ClinicSession.ends_at > max(start, now - timedelta(hours=1)),
        )
        .order_by(ClinicSession.starts_at)
        .limit(1)
    )
    session = db.session.scalar(query)
    if session is None:
        return next(iter(stations())), None
    served = session.practitioner.services
    own = next((room_station(one.kind) for one in served if one.kind in pathways()), None)
    return own.code if own else "doctor", session.room_id
