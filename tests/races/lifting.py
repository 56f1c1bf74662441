"""Somebody who rehearses at the door, and then shuts hours or opens them, frees a place or books it.

A rehearsal does it and undoes it. A blind one does afterwards what the rehearsal saw was to be
done, and locks nothing.
"""

from contextlib import suppress
from datetime import time

from sqlalchemy import delete
from sqlalchemy.orm.attributes import set_committed_value

from clinic.accounts.models import User
from clinic.centres.models import Centre, Closure, Practitioner, Service
from clinic.clock import at
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.scheduling.appointments import booking
from clinic.scheduling.changes import applying, reopening
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.kinds import Away, Close
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Channel, ClinicSession
from clinic.scheduling.timetable.closings import SlotClosing
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from tests.makes import TOMORROW
from tests.races import twins

AT_NINE = at(TOMORROW, time(9))


def manager():
    return db.session.query(User).order_by(User.id).first()


def close(opens, closes):
    """Shut the centre in these hours of tomorrow."""
    centre = db.session.query(Centre).one()
    return _apply(Close(centre, at(TOMORROW, opens), at(TOMORROW, closes), "检修", "Repairs"))


def away(opens, closes):
    """Its clinician is away in these hours of tomorrow."""
    who = db.session.query(Practitioner).one()
    return _apply(Away(who, at(TOMORROW, opens), at(TOMORROW, closes)))


def _apply(change):
    """What is stale by then is looked at again, as a person would."""
    version = applying.preview(change, now=AT_NINE).version
    while True:
        try:
            applying.apply(change, version, by=manager(), now=AT_NINE)
        except NotAsShown:
            version = applying.preview(change, now=AT_NINE).version
        else:
            return "shut"


def lift(closure_id):
    back = reopening.lift(db.session.get_one(Closure, closure_id), by=manager(), now=AT_NINE)
    return f"opened {len(back.restored)}"


def lift_as_first_seen(closure_id):
    """It was not lifted then."""
    closure = db.session.get_one(Closure, closure_id)
    set_committed_value(closure, "lifted_at", None)
    return lift(closure.id)


def reopen(session_id):
    session = db.session.get_one(ClinicSession, session_id)
    back = reopening.reopen(session, by=manager(), now=AT_NINE)
    return f"opened {len(back.restored)}"


def undo(appointment_id):
    visit = db.session.get_one(Appointment, appointment_id)
    attendance.undo_check_in(visit, by=manager(), now=AT_NINE)
    return "freed"


def no_show(appointment_id):
    visit = db.session.get_one(Appointment, appointment_id)
    attendance.mark_no_show(visit, by=manager(), now=AT_NINE, note="")
    return "freed"


def book(child_id, slot_id):
    service = db.session.query(Service).one()
    wanted = Request(db.session.get_one(Child, child_id), service, slots_for(service, slot_id))
    kw = {"by": manager(), "key": f"race:{child_id}", "channel": Channel.PHONE, "now": AT_NINE}
    booking.book([wanted], **kw)
    return "booked"


def as_first_seen(look):
    seen = []

    def first(*args, **kw):
        if not seen:
            seen.append(look(*args, **kw))
        return seen[0]

    return first


def open_whatever_shuts(_, slot_ids):
    """As if a slot had one reason to be shut."""
    db.session.execute(delete(SlotClosing).where(SlotClosing.slot_id.in_(slot_ids)))


def go_blind():
    """Nobody locks, nobody looks again."""
    VERBS["lift"] = lift_as_first_seen
    db.session.registry().refresh = lambda *_, **__: None
    locks = ("one_reopening_at_a_time", "one_change_at_a_time", "lock_slots", "lock_children")
    looks = ("lifting", "is_shut")
    twins.replace(
        **dict.fromkeys(locks, twins.nothing),
        **{look: as_first_seen(twins.original(look)) for look in looks},
        remove_closings=open_whatever_shuts,
        shut_behind=twins.nothing,
        lock_to_take=twins.none,
    )


VERBS = {
    "close": close,
    "away": away,
    "lift": lift,
    "reopen": reopen,
    "undo": undo,
    "no_show": no_show,
    "book": book,
}


def act(wait, sight, verb, *args):
    """Rehearse, wait, do it, and say how it ended."""
    if sight == "blind":
        go_blind()
    with suppress(DomainError):
        VERBS[verb](*args)
    db.session.rollback()
    wait()
    try:
        return in_one_transaction(lambda: VERBS[verb](*args))
    except DomainError as error:
        return type(error).__name__
