"""The end of the day: the open tickets are closed at once, and opened again at once.

Verbs flush; the caller commits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import aliased, contains_eager, joinedload

from clinic.accounts.models import Person, User
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.sentences import mark
from clinic.visits import line
from clinic.visits.models import Encounter, Ticket, TicketStep
from clinic.visits.rules import State, Verb
from clinic.visits.steps import STANDING, lock, must, take_step


class NothingClosed(DomainError):
    message = mark("This closing was taken back already, or the tickets have changed since.")


@dataclass(frozen=True)
class Closing:
    """Tickets that were closed with one press, and stand as they stood after it."""

    at: datetime
    by: str
    step_id: int  # of its last step: names it in a form
    tickets: Sequence[Ticket]


def close_all(tickets: Sequence[Ticket], *, by: Person, now: datetime) -> None:
    """Nobody waits any more at the centre: all of these, or none."""
    for one in sorted(tickets, key=lambda one: (one.visit_id, one.id)):
        line.close(one, seen=one.steps, by=by, now=now)


def last_closing(centre_id: int, now: datetime) -> Closing | None:
    """Today's last closing that still stands. Tickets of children checked in again since are left out."""
    other = aliased(Encounter)
    is_here_again = (
        select(other.id)
        .where(
            other.centre_id == Encounter.centre_id,
            other.day == Encounter.day,
            other.child_id == Encounter.child_id,
            other.id != Encounter.id,
            other.closed_at.is_(None),
        )
        .exists()
    )
    query = (
        select(Ticket, TicketStep.at, TicketStep.id, User.name)
        .join(TicketStep, (TicketStep.ticket_id == Ticket.id) & (TicketStep.number == Ticket.steps))
        .join(User, User.id == TicketStep.by_id)
        .join(Ticket.encounter)
        .where(
            Ticket.centre_id == centre_id,
            Ticket.day == clinic_day(now),
            Ticket.state == State.DONE,
            TicketStep.verb == Verb.CLOSE,
            ~is_here_again,
        )
        .options(
            contains_eager(Ticket.encounter).joinedload(Encounter.child), joinedload(Ticket.room)
        )
        .order_by(TicketStep.at.desc(), Ticket.visit_id, Ticket.id)
    )
    rows = db.session.execute(query).all()
    if not rows:
        return None
    those = [row for row in rows if row.at == rows[0].at]
    last = max(row.id for row in those)
    return Closing(rows[0].at, rows[0].name, last, [row.Ticket for row in those])


def reopen(centre_id: int, step_id: int, *, by: Person, now: datetime) -> int:
    """Take today's last closing back: each ticket stands again as before it, and its visit goes on.

    How many tickets. Raises NothingClosed unless the closing is the one that was seen.
    """
    closing = last_closing(centre_id, now)
    if closing is None or closing.step_id != step_id:
        raise NothingClosed
    for ticket in closing.tickets:
        lock(ticket, ticket.steps)
        must(ticket, Verb.UNDO, by)
        before = db.session.scalars(
            select(TicketStep).filter_by(ticket_id=ticket.id, number=ticket.steps - 1)
        ).one()
        ticket.encounter.closed_at = ticket.encounter.closed_by_id = None
        facts = {name: getattr(before, name) for name in STANDING}
        take_step(ticket, Verb.UNDO, by=by, now=now, undoes=ticket.steps, **facts)
    return len(closing.tickets)
