"""A nurse who waits at the door, and then gives a dose.

Blind: nobody locks the appointment or sees that it is done, and nobody knows what is on record.
Careless: nobody locks the stock or looks whether the lot has any left. Unchecked: nor does SQLite.
"""

from sqlalchemy import event

from clinic.accounts.models import User
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.scheduling.models import Appointment
from clinic.vaccination.jab import giving
from clinic.vaccination.jab import queries as jab_queries
from clinic.vaccination.jab.rules import CHECKS
from tests.promises import is_sqlite
from tests.races import twins
from tests.vaccination.jab.at_the_jab import LOT, ON_THE_DAY


def give(visit_id, nurse_id):
    visit = db.session.get_one(Appointment, visit_id)
    nurse = db.session.get_one(User, nurse_id)
    lines = jab_queries.lines_of(visit, clinic_day(ON_THE_DAY))
    jabs = [giving.Jab(line, LOT, "left arm") for line in lines if line.vaccine.code == "MMR"]
    giving.give(visit, jabs, list(CHECKS), by=nurse, now=ON_THE_DAY)


def give_what_was_shown(wait, visit_id, nurse_id, sight):
    """The page is made, then she waits, then it is saved as the page was; how that ended."""
    if sight == "blind":
        twins.replace(as_on_record=lambda _visit, jabs, _now: jabs)
    visit = db.session.get_one(Appointment, visit_id)
    lines = jab_queries.lines_of(visit, clinic_day(ON_THE_DAY))
    jabs = [giving.Jab(line, LOT, "left arm") for line in lines if line.vaccine.code == "MMR"]
    db.session.rollback()
    wait()
    nurse = db.session.get_one(User, nurse_id)

    def work():
        visit = db.session.get_one(Appointment, visit_id)
        giving.give(visit, jabs, list(CHECKS), by=nurse, now=ON_THE_DAY)

    try:
        in_one_transaction(work)
    except DomainError as error:
        return type(getattr(error, "why", error)).__name__
    return "done"


def go_blind():
    names = ("lock_children", "lock_visit", "lock_lots")
    names += ("observation_of", "observe", "finish_visit", "seen")
    twins.replace(**dict.fromkeys(names, twins.nothing), history_of=twins.none)


def go_careless():
    names = ("lock_visit", "lock_lots", "lock_stock", "must_be_good")
    twins.replace(**dict.fromkeys(names, twins.nothing), can_keep=lambda *_: True)


def ignore_checks(connection, _record):
    connection.execute("PRAGMA ignore_check_constraints = ON")


def nurse(wait, visit_id, nurse_id, sight):
    """Give it, and say how that ended."""
    if sight == "blind":
        go_blind()
    if sight in ("careless", "unchecked"):
        go_careless()
    if sight == "unchecked" and is_sqlite():
        event.listen(db.engine, "connect", ignore_checks)
    wait()
    try:
        in_one_transaction(lambda: give(visit_id, nurse_id))
    except DomainError as error:
        return type(getattr(error, "why", error)).__name__
    return "done"
