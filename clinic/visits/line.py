"""Calling, serving and sending on. Verbs flush; the caller commits.

Locks: the visit, then its ticket, after slots and children. Whoever acts names the step that they
saw (`seen`); if somebody else was quicker, nothing happens.
"""

from datetime import datetime

from sqlalchemy import func, select

from clinic.accounts.models import Person
from clinic.centres.models import Room
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.sentences import mark
from clinic.visits import rules
from clinic.visits.models import Encounter, Ticket, TicketStep
from clinic.visits.queries import in_line, is_elsewhere
from clinic.visits.rules import State, Verb
from clinic.visits.stations import stations
from clinic.visits.steps import STANDING, lock, must, served_for, take_step


class NobodyWaits(DomainError):
    message = mark("No one is waiting here.")


class StaysUntil(DomainError):
    message = mark("This child is to be observed until %(time)s.")


class NotOurRoom(DomainError):
    message = mark("Please choose a room of this centre.")


class NoSuchStation(DomainError):
    message = mark("Please choose a station.")


class NothingToUndo(DomainError):
    message = mark("There is nothing to undo with ticket %(ticket)s any more.")


def call_next(centre_id: int, station: str, room: Room, *, by: Person, now: datetime) -> Ticket:
    """Call the first in the line of this room at the station. Raises NobodyWaits.

    Two rooms that ask at the same moment get two children: what one of them has locked the other
    passes over, and a child is in one place at a time.
    """
    if station not in stations():
        raise NoSuchStation
    if room.centre_id != centre_id:
        raise NotOurRoom
    query = (
        select(Ticket)
        .join(Ticket.encounter)
        .where(
            Ticket.centre_id == centre_id,
            Ticket.day == clinic_day(now),
            in_line(station, room.id),
            ~is_elsewhere(),
        )
        .order_by(Ticket.place, Ticket.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=[Ticket, Encounter])
        .execution_options(populate_existing=True)
    )
    ticket = db.session.scalar(query)
    if ticket is None:
        raise NobodyWaits
    must(ticket, Verb.CALL, by)
    take_step(ticket, Verb.CALL, by=by, now=now, state=State.CALLED, room_id=room.id, called_at=now)
    return ticket


def call(ticket: Ticket, room: Room, *, seen: int, by: Person, now: datetime) -> None:
    """Call this one, out of turn."""
    lock(ticket, seen)
    must(ticket, Verb.CALL, by)
    if room.centre_id != ticket.centre_id:
        raise NotOurRoom
    take_step(ticket, Verb.CALL, by=by, now=now, state=State.CALLED, room_id=room.id, called_at=now)


def call_again(ticket: Ticket, *, seen: int, by: Person, now: datetime) -> None:
    """Once more to the same room; how long it takes counts from here."""
    lock(ticket, seen)
    must(ticket, Verb.CALL_AGAIN, by)
    take_step(ticket, Verb.CALL_AGAIN, by=by, now=now, called_at=now)


def begin(ticket: Ticket, *, seen: int, by: Person, now: datetime) -> None:
    """The child is in the room."""
    lock(ticket, seen)
    must(ticket, Verb.BEGIN, by)
    take_step(ticket, Verb.BEGIN, by=by, now=now, state=State.WITH)


def skip(ticket: Ticket, *, seen: int, by: Person, now: datetime) -> None:
    """Called and not there, or gone before the end of the observation."""
    lock(ticket, seen)
    must(ticket, Verb.SKIP, by)
    take_step(ticket, Verb.SKIP, by=by, now=now, state=State.SKIPPED)


def back(ticket: Ticket, *, seen: int, by: Person, now: datetime) -> None:
    """In line again, behind the next three; a child that left the observation sits down again."""
    lock(ticket, seen)
    must(ticket, Verb.BACK, by)
    station = stations()[ticket.station]
    own_room = ticket.own_room_id if station.by_room else None
    others = select(Ticket.place).where(
        Ticket.centre_id == ticket.centre_id,
        Ticket.day == ticket.day,
        in_line(ticket.station, own_room),
    )
    line = [one for one in db.session.scalars(others) if not rules.is_early(one, now)]
    state = rules.arriving_at(station)
    since = ticket.since if state is State.OBSERVING else now
    place = rules.place_behind(line, ticket.place)
    take_step(
        ticket, Verb.BACK, by=by, now=now, state=state, room_id=own_room, place=place, since=since
    )


def hand_over(
    ticket: Ticket, station: str, room: Room | None, *, seen: int, by: Person, now: datetime
) -> None:
    """To the line of another station or room. Without a room: its own, or whichever is free."""
    lock(ticket, seen)
    must(ticket, Verb.HAND_OVER, by)
    if station not in stations():
        raise NoSuchStation
    if room is not None and room.centre_id != ticket.centre_id:
        raise NotOurRoom
    target = stations()[station]
    own_room = ticket.own_room_id if target.by_room else None
    take_step(
        ticket,
        Verb.HAND_OVER,
        by=by,
        now=now,
        served=served_for(ticket, now),
        state=rules.arriving_at(target),
        station=station,
        room_id=room.id if room else own_room,
        since=now,
    )


def finish(ticket: Ticket, *, seen: int, by: Person, now: datetime) -> None:
    """Done at this station: on to the next, or done at all. Raises StaysUntil during observation."""
    lock(ticket, seen)
    must(ticket, Verb.FINISH, by)
    until = rules.watched_until(stations()[ticket.station], ticket.since)
    if ticket.state is State.OBSERVING and until and now < until:
        raise StaysUntil(time=until)
    state, station = rules.after_finish(ticket.kind, ticket.station)
    room_id = ticket.own_room_id if stations()[station].by_room else None
    served = served_for(ticket, now)
    if state is State.DONE:
        take_step(ticket, Verb.FINISH, by=by, now=now, served=served, state=state)
        close_if_done(ticket.encounter, by=by, now=now)
        return
    take_step(
        ticket,
        Verb.FINISH,
        by=by,
        now=now,
        served=served,
        state=state,
        station=station,
        room_id=room_id,
        since=now,
    )


def close(ticket: Ticket, *, seen: int, by: Person, now: datetime) -> None:
    """The day is over: whatever was still open of it is done."""
    lock(ticket, seen)
    must(ticket, Verb.CLOSE, by)
    take_step(ticket, Verb.CLOSE, by=by, now=now, state=State.DONE)
    close_if_done(ticket.encounter, by=by, now=now)


def undo(ticket: Ticket, *, seen: int, by: Person, now: datetime) -> None:
    """Take back what was done to it last, within five minutes. Raises NothingToUndo."""
    lock(ticket, seen)
    must(ticket, Verb.UNDO, by)
    rows = select(TicketStep).where(TicketStep.ticket_id == ticket.id).order_by(TicketStep.number)
    steps = list(db.session.scalars(rows))
    undone = {step.undoes for step in steps}
    standing = [step for step in steps if step.undoes is None and step.number not in undone]
    too_late = now - standing[-1].at > rules.UNDO_WITHIN
    if len(standing) < 2 or too_late or standing[-1].verb not in [*Verb]:
        raise NothingToUndo(ticket=ticket.label)
    before, last = standing[-2:]
    encounter = ticket.encounter
    encounter.closed_at = encounter.closed_by_id = None
    facts = {name: getattr(before, name) for name in STANDING}
    take_step(ticket, Verb.UNDO, by=by, now=now, undoes=last.number, **facts)


def close_if_done(encounter: Encounter, *, by: Person, now: datetime) -> None:
    """A visit ends with the last of its tickets."""
    left = select(func.count(Ticket.id)).where(
        Ticket.visit_id == encounter.id, Ticket.state.not_in((State.DONE, State.VOID))
    )
    if encounter.closed_at is None and not db.session.scalar(left):
        encounter.closed_at, encounter.closed_by_id = now, by.id
        db.session.flush()
