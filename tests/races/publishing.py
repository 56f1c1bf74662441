"""Somebody who waits at the door, and then publishes a rota or books.

They have looked before they wait. A patient manager
looks again after a refusal; a heedless one does not compare with what was shown. Nobody locks
anything where HOW is `unlocked`: then a manager says `checked` before the writing, and waits again.
"""

from functools import partial

from clinic.accounts.models import User
from clinic.centres.models import Centre, Service
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.scheduling.appointments import booking
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.models import Channel, Slot, SlotService
from clinic.scheduling.rota import publishing
from clinic.scheduling.rota.diff import diff
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from tests.makes import NOON
from tests.races import twins


def unprotect(how, wait):
    """Take away what keeps two managers, or a manager and a family, from each other."""
    if how == "heedless":
        twins.replace(rota_must_be_as_shown=twins.nothing)
    if how == "unlocked":
        check = partial(_check_and_wait, wait, twins.original("rota_must_be_as_shown"))
        locks = [
            *("one_rota_at_a_time", "one_change_at_a_time"),
            *("one_timetable_at_a_time", "one_extension_at_a_time"),
        ]
        twins.replace(
            **dict.fromkeys((*locks, "lock_slots"), twins.nothing), rota_must_be_as_shown=check
        )


def _check_and_wait(wait, must_be_as_shown, *shown):
    must_be_as_shown(*shown)
    wait("checked")


def publish(wait, how, manager_id, centre_id):
    """How it ended, how often it was refused first, how many families the last look had shown."""
    manager, centre = db.session.get_one(User, manager_id), db.session.get_one(Centre, centre_id)
    refused, shown = 0, diff(centre, now=NOON)
    db.session.rollback()
    wait()
    while True:
        try:
            in_one_transaction(partial(_publish, centre, shown, manager))
        except NotAsShown:
            db.session.rollback()
            if how != "patient":
                raise
            refused, shown = refused + 1, diff(centre, now=NOON)
            db.session.rollback()
        else:
            return f"done {refused} {len(shown.kept) + len(shown.lost)}"


def _publish(centre, shown, manager):
    number, version = shown.number, shown.version
    publishing.publish(centre, number, version, by=manager, now=NOON)


def book(wait, how, child_id, slot_id):
    child, slot = db.session.get_one(Child, child_id), db.session.get_one(Slot, slot_id)
    service = db.session.query(SlotService).filter_by(slot_id=slot.id).one().service_id
    parent = db.session.get_one(User, child.guardianships[0].user_id)
    given = db.session.get_one(Service, service)
    wanted = Request(child, given, slots_for(given, slot.id))
    db.session.rollback()
    wait()
    in_one_transaction(lambda: _book(wanted, parent))
    return "done"


def _book(wanted, parent):
    key = f"race:{wanted.child.id}"
    booking.book([wanted], by=parent, key=key, channel=Channel.ONLINE, now=NOON)


def act(wait, how, verb, *ids):
    """Do it, and say how that ended."""
    unprotect(how, wait)
    try:
        return {"publish": publish, "book": book}[verb](wait, how, *ids)
    except DomainError as error:
        return type(error).__name__
