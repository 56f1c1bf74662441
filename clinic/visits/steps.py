"""One step of a ticket: locked, allowed, done, kept on record."""

from datetime import datetime

from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person, Role
from clinic.db import db, lock_row
from clinic.errors import DomainError
from clinic.sentences import mark
from clinic.visits import rules
from clinic.visits.models import Encounter, Ticket, TicketStep
from clinic.visits.rules import BUSY, Verb
from clinic.visits.stations import stations

STANDING = ("state", "station", "room_id", "place", "since", "called_at")


class JustChanged(DomainError):
    message = mark("This ticket has just been handled. The list shows how it stands now.")


class NotNow(DomainError):
    message = mark("That cannot be done with ticket %(ticket)s as it stands now.")


def roles_at(user: Person, centre_id: int) -> set[str]:
    """What the user is at that centre."""
    return {role for role in (Role.RECEPTION, Role.CLINICIAN) if centre_id in user.centre_ids(role)}


def lock(ticket: Ticket, seen: int) -> None:
    """The visit, then the ticket, as they are by now. Raises JustChanged unless that was seen."""
    lock_row(db.session.get_one(Encounter, ticket.visit_id))
    lock_row(ticket)
    if ticket.steps != seen:
        raise JustChanged


def must(ticket: Ticket, verb: Verb, by: Person) -> None:
    """Raises NotNow unless `by` may do that to it as it stands."""
    roles = roles_at(by, ticket.centre_id)
    if not rules.may(ticket.state, verb, roles, stations()[ticket.station]):
        raise NotNow(ticket=ticket.label)


def served_for(ticket: Ticket, now: datetime) -> int | None:
    """Seconds since it was called here, if it was."""
    if ticket.state not in BUSY or ticket.called_at is None:
        return None
    return round((now - ticket.called_at).total_seconds())


def take_step(
    ticket: Ticket,
    verb: str,
    *,
    by: Person,
    now: datetime,
    served: int | None = None,
    undoes: int | None = None,
    **facts: object,
) -> None:
    """Change it, and keep on record how it stands after that. Raises JustChanged."""
    station = ticket.station
    for name, value in facts.items():
        setattr(ticket, name, value)
    ticket.steps += 1
    db.session.add(
        TicketStep(
            ticket_id=ticket.id,
            number=ticket.steps,
            centre_id=ticket.centre_id,
            day=ticket.day,
            verb=verb,
            at=now,
            by_id=by.id,
            served=served,
            served_at=station if served is not None else None,
            undoes=undoes,
            **{name: getattr(ticket, name) for name in STANDING},
        )
    )
    try:
        db.session.flush()
    except IntegrityError as error:
        raise JustChanged from error
    audit.record(f"ticket_{verb}", ticket, by=by.id, now=now, centre_id=ticket.centre_id)
    db.session.flush()
