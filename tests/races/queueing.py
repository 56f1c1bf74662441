"""Somebody who waits at the door, and then calls a ticket or checks a family in.

They say whom they called, or how it ended. A blind one acts on what they saw before they waited, and
locks nothing: only the database stands between them and another.
"""

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import Role, User
from clinic.centres.models import Room
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.scheduling.models import Appointment
from clinic.visits import arriving, line, steps
from clinic.visits.models import Encounter, Ticket
from clinic.visits.rules import State
from tests.makes import NOON

STATION = "doctor"


def somebody(role):
    return next(user for user in db.session.query(User).order_by(User.id) if role in user.roles)


def call(room_id):
    """Let the door open, then call who is first."""

    def do():
        room = db.session.get_one(Room, room_id)
        by = somebody(Role.CLINICIAN)
        return line.call_next(room.centre_id, STATION, room, by=by, now=NOON).id

    return do


def call_blindly(room_id):
    first = select(Ticket).where(Ticket.state == State.WAITING).order_by(Ticket.place)
    ticket = db.session.scalars(first).first()
    ticket_id, seen = ticket.id, ticket.steps
    db.session.rollback()

    def do():
        one = db.session.get_one(Ticket, ticket_id)
        one.steps = seen
        facts = {"state": State.CALLED, "room_id": room_id, "called_at": NOON}
        steps.take_step(one, "call", by=somebody(Role.CLINICIAN), now=NOON, **facts)
        return one.id

    return do


def check_in(appointment_id):
    def do():
        visit = db.session.get_one(Appointment, appointment_id)
        return arriving.check_in(visit, by=somebody(Role.RECEPTION), now=NOON).id

    return do


def check_in_blindly(appointment_id):
    """It saw no visit, and so makes one."""

    def do():
        one, by = db.session.get_one(Appointment, appointment_id), somebody(Role.RECEPTION)
        row = Encounter(
            centre_id=one.centre_id,
            day=clinic_day(NOON),
            child_id=one.child_id,
            opened_at=NOON,
            opened_by_id=by.id,
        )
        db.session.add(row)
        db.session.flush()
        return row.id

    return do


def correct(appointment_id):
    """The check-in was of the wrong child."""

    def do():
        visit = db.session.get_one(Appointment, appointment_id)
        by = somebody(Role.RECEPTION)
        arriving.undo_check_in(visit, by=by, now=NOON, reason="child")
        return "corrected"

    return do


def correct_blindly(appointment_id):
    """The ticket as it was seen is taken back."""
    ticket = db.session.scalars(select(Ticket)).first()
    ticket_id, seen = ticket.id, ticket.steps
    db.session.rollback()

    def do():
        one = db.session.get_one(Ticket, ticket_id)
        one.steps = seen
        by = somebody(Role.RECEPTION)
        steps.take_step(one, "take_back", by=by, now=NOON, state=State.VOID)
        return "corrected"

    return do


VERBS = {
    ("sees", "correct"): correct,
    ("blind", "correct"): correct_blindly,
    ("sees", "call"): call,
    ("blind", "call"): call_blindly,
    ("sees", "check_in"): check_in,
    ("blind", "check_in"): check_in_blindly,
}


def act(wait, sight, verb, number):
    """Do it; the id of what was called or made, or why it was not."""
    do = VERBS[sight, verb](number)
    wait()
    try:
        return str(in_one_transaction(do))
    except (DomainError, IntegrityError) as error:
        return type(error).__name__
