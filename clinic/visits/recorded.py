"""What is on record moves the ticket: nobody says twice that a child was seen. Verbs flush; the caller commits.

Locks: the visit, then its ticket, after the appointment and stock.
"""

from datetime import datetime

from sqlalchemy import select

from clinic.accounts.models import Person
from clinic.clock import clinic_day, day_bounds
from clinic.db import db, lock_row
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import appointments
from clinic.scheduling.status import Status, status_of
from clinic.visits import rules
from clinic.visits.line import close_if_done
from clinic.visits.models import Encounter, Ticket, TicketStep
from clinic.visits.queries import is_for, ticket_of
from clinic.visits.rules import OPEN, State, Verb
from clinic.visits.stations import pathways, room_station
from clinic.visits.steps import STANDING, served_for, take_step

RECORDED = "record"  # the step's verb; no button does it, and the queue's undo leaves it


def seen(appointment: Appointment, *, by: Person, now: datetime) -> None:
    """The child was served in its own room: on to the station after that, or done.

    Without a ticket, or with one that another appointment waits with, nothing happens.
    """
    kind = appointment.service.kind
    if kind not in pathways():
        return
    state, onward = rules.after_finish(kind, room_station(kind).code)
    station = None if state is State.DONE else onward
    _move(appointment, state, station, by=by, now=now)


def gone(appointment: Appointment, *, by: Person, now: datetime) -> None:
    """Nothing more is done today for this appointment, wherever its ticket stood."""
    _move(appointment, State.DONE, None, by=by, now=now)


def not_gone(appointment: Appointment, *, by: Person, now: datetime) -> None:
    """What ended its ticket was taken back: the ticket stands as before, if that was today and last."""
    ticket = ticket_of(appointment)
    if ticket is None or ticket.day != clinic_day(now) or ticket.state is not State.DONE:
        return
    encounter = db.session.get_one(Encounter, ticket.visit_id)
    lock_row(encounter)
    lock_row(ticket)
    query = (
        select(TicketStep)
        .where(TicketStep.ticket_id == ticket.id, TicketStep.number >= ticket.steps - 1)
        .order_by(TicketStep.number)
    )
    before, last = db.session.scalars(query).all()
    if last.verb != RECORDED or _is_here_again(encounter):
        return
    encounter.closed_at = encounter.closed_by_id = None
    facts = {name: getattr(before, name) for name in STANDING}
    take_step(ticket, Verb.UNDO, by=by, now=now, undoes=last.number, **facts)


def _is_here_again(encounter: Encounter) -> bool:
    """Whether the child was checked in anew that day after this visit was over."""
    others = select(Encounter.id).where(
        Encounter.id != encounter.id,
        Encounter.child_id == encounter.child_id,
        Encounter.centre_id == encounter.centre_id,
        Encounter.day == encounter.day,
        Encounter.closed_at.is_(None),
    )
    return db.session.scalar(others.limit(1)) is not None


def _move(
    appointment: Appointment, state: State, station: str | None, *, by: Person, now: datetime
) -> None:
    ticket = ticket_of(appointment)
    if ticket is None or is_needed(ticket, but=appointment):
        return
    encounter = db.session.get_one(Encounter, ticket.visit_id)
    lock_row(encounter)
    lock_row(ticket)
    if ticket.state not in OPEN:
        return
    took = served_for(ticket, now)
    if station is None:
        take_step(ticket, RECORDED, by=by, now=now, served=took, state=state)
    else:
        take_step(
            ticket,
            RECORDED,
            by=by,
            now=now,
            served=took,
            state=state,
            station=station,
            room_id=None,
            since=now,
        )
    if state is State.DONE:
        close_if_done(encounter, by=by, now=now)


def is_needed(ticket: Ticket, *, but: Appointment) -> bool:
    """Whether another appointment of the child waits with the same ticket."""
    start, end = day_bounds(ticket.day)
    others = appointments().where(
        Appointment.id != but.id,
        Appointment.child_id == but.child_id,
        Appointment.centre_id == but.centre_id,
        Appointment.starts_at >= start,
        Appointment.starts_at < end,
    )
    return any(
        is_for(ticket, appointment) and status_of(appointment) is Status.ARRIVED
        for appointment in db.session.scalars(others)
    )
