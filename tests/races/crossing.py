"""Somebody who cancels, or moves a visit to another slot.

`act` waits at the door before what became free is offered to who waits. One who `queues` waits then
for slots that somebody else has locked, as for those locked before.
"""

from sqlalchemy.exc import OperationalError

from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.scheduling import booking, places, waiting
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import slots_for
from clinic.scheduling.wanted import Wanted
from tests.makes import NOON


def cancel(appointment_id):
    visit = db.session.get_one(Appointment, appointment_id)
    booking.cancel(visit, by=visit.booking.made_by, online=True, now=NOON)
    return "cancelled"


def move(appointment_id, slot_id):
    visit = db.session.get_one(Appointment, appointment_id)
    wanted = Wanted(visit.child, visit.service, slots_for(visit.service, slot_id))
    booking.move(visit, wanted, by=visit.booking.made_by, online=True, now=NOON)
    return "moved"


def change(wait, tries, verb, *ids):
    """Do it, try it so many times, and say how it ended."""
    wait()
    try:
        return in_one_transaction(lambda: {"cancel": cancel, "move": move}[verb](*ids), tries)
    except OperationalError as error:
        return type(error.orig).__name__


def act(wait, manner, appointment_id):
    """Lock, wait, go on, and say how it ended."""
    offer, waited = waiting.on_freed, []

    def wait_then_offer(slot_ids, *, now):
        if not waited:  # after a deadlock there is nobody to wait for
            waited.append(wait("locked"))
        return offer(slot_ids, now=now)

    waiting.on_freed = wait_then_offer
    if manner == "queues":
        places.lock_if_free = lambda *_: True
    wait()
    try:
        return in_one_transaction(lambda: cancel(appointment_id))
    except DomainError as error:
        return type(error).__name__
