"""The children who are here, where they wait, and how fast today goes."""

from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import aliased, joinedload

from clinic.centres.models import Room
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling.models import NUMBER, Appointment, Topic, Version
from clinic.scheduling.queries import appointments
from clinic.scheduling.status import Status, status_of
from clinic.visits import rules
from clinic.visits.models import Encounter, Ticket, TicketStep
from clinic.visits.rules import BUSY, OPEN, State, Verb

ACTIVE = timedelta(minutes=30)  # a room that called no child for so long does not count


def desk_version(centre_id: int, now: datetime) -> tuple[object, ...]:
    """What changes whenever today's appointments or tickets of the centre do."""
    day = clinic_day(now)
    start, end = (moment.astimezone(UTC).date() for moment in day_bounds(day))
    query = (
        select(Version.day, NUMBER)
        .where(
            Version.topic == Topic.DESK,
            Version.centre_id == centre_id,
            Version.day.in_({start, day, end}),
        )
        .group_by(Version.day)
        .order_by(Version.day)
    )
    return (centre_id, day, *(tuple(row) for row in db.session.execute(query)))


def in_line(station: str, room_id: int | None) -> ColumnElement[bool]:
    """The tickets that wait there: for that room or for any; all of the station without a room."""
    waits = (Ticket.station == station) & (Ticket.state == State.WAITING)
    if room_id is None:
        return waits
    return waits & or_(Ticket.room_id.is_(None), Ticket.room_id == room_id)


def is_elsewhere() -> ColumnElement[bool]:
    """Whether another ticket of the same visit is being called or served."""
    other = aliased(Ticket)
    return (
        select(other.id)
        .where(other.visit_id == Ticket.visit_id, other.id != Ticket.id, other.state.in_(BUSY))
        .exists()
    )


def queue(centre_id: int, day: date) -> list[Ticket]:
    """The tickets of the day that are not done, with child and room, in the order of their places."""
    query = (
        select(Ticket)
        .where(Ticket.centre_id == centre_id, Ticket.day == day, Ticket.state.in_(OPEN))
        .options(joinedload(Ticket.encounter).joinedload(Encounter.child), joinedload(Ticket.room))
        .order_by(Ticket.place, Ticket.id)
    )
    return list(db.session.scalars(query))


def tickets_of(child_ids: Iterable[int], centre_id: int, day: date) -> list[Ticket]:
    """The tickets of these children there on that day; those taken back are left out."""
    query = (
        select(Ticket)
        .join(Ticket.encounter)
        .where(
            Encounter.child_id.in_(set(child_ids)),
            Ticket.centre_id == centre_id,
            Ticket.day == day,
            Ticket.state != State.VOID,
        )
        .options(joinedload(Ticket.encounter), joinedload(Ticket.room))
        .order_by(Ticket.id)
    )
    return list(db.session.scalars(query))


def is_for(ticket: Ticket, appointment: Appointment) -> bool:
    """Whether the ticket is that appointment's: of its child, here for it, its kind and room."""
    return (
        appointment.arrived_at is not None
        and ticket.encounter.child_id == appointment.child_id
        and ticket.kind == appointment.service.kind
        and ticket.own_room_id == appointment.room_id
    )


def ticket_of(appointment: Appointment) -> Ticket | None:
    """The appointment's ticket, the last one if several were given."""
    day = clinic_day(appointment.starts_at)
    theirs = tickets_of([appointment.child_id], appointment.centre_id, day)
    return next((ticket for ticket in reversed(theirs) if is_for(ticket, appointment)), None)


def appointments_of(tickets: Collection[Ticket]) -> dict[int, Appointment]:
    """The appointment that each of these tickets of one centre and day waits for, by ticket id."""
    if not tickets:
        return {}
    some = next(iter(tickets))
    start, end = day_bounds(some.day)
    query = appointments().where(
        Appointment.centre_id == some.centre_id,
        Appointment.child_id.in_({ticket.encounter.child_id for ticket in tickets}),
        Appointment.starts_at >= start,
        Appointment.starts_at < end,
        Appointment.done_at.is_(None),
    )
    rows = list(db.session.scalars(query.order_by(Appointment.starts_at.desc())))
    return {
        ticket.id: row
        for row in rows
        for ticket in tickets
        if is_for(ticket, row) and status_of(row) is Status.ARRIVED
    }


def labels_of(rows: Collection[Appointment]) -> dict[int, str]:
    """The ticket labels of these appointments, by appointment id; the last one if several were given."""
    query = (
        select(Ticket)
        .join(Ticket.encounter)
        .where(
            Encounter.child_id.in_({row.child_id for row in rows}),
            Ticket.day.in_({clinic_day(row.starts_at) for row in rows}),
            Ticket.state != State.VOID,
        )
        .options(joinedload(Ticket.encounter))
        .order_by(Ticket.id)
    )
    tickets = list(db.session.scalars(query)) if rows else []
    return {
        row.id: ticket.label
        for row in rows
        for ticket in tickets
        if ticket.centre_id == row.centre_id
        and ticket.day == clinic_day(row.starts_at)
        and is_for(ticket, row)
    }


def rooms_of(centre_id: int) -> list[Room]:
    """The centre's rooms."""
    return list(
        db.session.scalars(select(Room).where(Room.centre_id == centre_id).order_by(Room.id))
    )


def waiting_at(centre_id: int, day: date, station: str) -> list[Ticket]:
    """The tickets that wait at the station, the first first."""
    query = (
        select(Ticket)
        .where(Ticket.centre_id == centre_id, Ticket.day == day, in_line(station, None))
        .order_by(Ticket.place, Ticket.id)
    )
    return list(db.session.scalars(query))


def served_lately(centre_id: int, day: date, station: str) -> list[timedelta]:
    """How long the last few services at the station took, the latest last."""
    query = (
        select(TicketStep.served)
        .where(
            TicketStep.centre_id == centre_id,
            TicketStep.day == day,
            TicketStep.served_at == station,
            TicketStep.served.is_not(None),
        )
        .order_by(TicketStep.at.desc(), TicketStep.id.desc())
        .limit(rules.RECENT)
    )
    return [timedelta(seconds=one or 0) for one in db.session.scalars(query)][::-1]


def rooms_at_work(centre_id: int, day: date, station: str, now: datetime) -> int:
    """How many rooms called a child to the station in the last half hour; at least one."""
    query = select(func.count(TicketStep.room_id.distinct())).where(
        TicketStep.centre_id == centre_id,
        TicketStep.day == day,
        TicketStep.station == station,
        TicketStep.verb == Verb.CALL,
        TicketStep.at > now - ACTIVE,
    )
    return db.session.scalar(query) or 1
