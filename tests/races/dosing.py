"""Somebody who waits at the door, and then does one thing to the stock.

A blind one does not look at what is
left: only the database stands between it and the last dose.
"""

from clinic.accounts.models import User
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment
from clinic.vaccination.stock import lots, reserving
from clinic.vaccination.stock.models import VaccineLot
from tests.makes import NOON
from tests.races import twins

DOSE = reserving.DoseToReserve("MMR", "MMR", 1)


def do(verb, number):
    user = db.session.query(User).first()
    if verb == "recall":
        lots.recall(db.session.get_one(VaccineLot, number), "", by=user, now=NOON)
        return
    visit = db.session.get_one(Appointment, number)
    if verb == "reserve":
        reserving.reserve([DOSE], appointment=visit, by=user, now=NOON)
    else:
        booking.cancel(visit, by=user, online=False, now=NOON)


def take(wait, sight, verb, number):
    """Do it, and say how that ended."""
    if sight == "blind":
        twins.replace(must_have_doses=twins.nothing)
    wait()
    try:
        in_one_transaction(lambda: do(verb, number))
    except DomainError as error:
        return type(error).__name__
    return "done"
