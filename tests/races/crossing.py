"""Verbs that cross in the same slots, each stopped where it has locked one part and not the other.

A `manner` breaks a rule of the order, for a twin: "queues" waits for slots that somebody else deals
with when it makes an offer, "own only" forgets what ends with a visit or with the hours in other slots, "one by
one" ends several without locking them all first, "as they come" counts the tickets of a family in
the order of its visits, "whole row" makes who only names a user or a child wait for its lock.
"""

from datetime import timedelta
from types import SimpleNamespace as Namespace

from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from clinic.accounts.models import User
from clinic.booking.on_behalf import book_for
from clinic.centres.models import Centre, Closure, Service
from clinic.clock import local
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.scheduling import places
from clinic.scheduling.appointments import (
    booking,
    holding,
    moving,
    new_times,
)
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.changes import applying, reopening
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Channel, ClinicSession
from clinic.scheduling.rota import session_moving
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.visits import arriving
from tests.makes import NOON
from tests.races import twins

MOST_LOOKS = 20_000
DAYS_AFTER = NOON + timedelta(days=3)


def _visit(appointment_id):
    return db.session.get_one(Appointment, appointment_id)


def cancel(appointment_id):
    visit = _visit(appointment_id)
    booking.cancel(visit, by=visit.booking.made_by, online=True, now=NOON)
    return "cancelled"


def cancel_all(*appointment_ids):
    visits = [_visit(appointment_id) for appointment_id in appointment_ids]
    booking.cancel_all(visits, by=visits[0].booking.made_by, online=True, now=NOON, reason="")
    return "cancelled"


def cancel_one_by_one(visits, **kw):
    for visit in visits:
        booking.cancel(visit, **kw)


def missed(*appointment_ids):
    visits = [_visit(appointment_id) for appointment_id in appointment_ids]
    attendance.mark_all_no_show(visits, by=visits[0].booking.made_by, now=DAYS_AFTER)
    return "missed"


def missed_one_by_one(visits, **kw):
    for visit in visits:
        attendance.mark_no_show(visit, note="", **kw)


def arrive(*appointment_ids):
    """Siblings, or a child with two visits, all at once."""
    visits = [_visit(appointment_id) for appointment_id in appointment_ids]
    arriving.check_in_family(visits, by=visits[0].booking.made_by, now=NOON)
    return "arrived"


def move(appointment_id, slot_id):
    visit = _visit(appointment_id)
    wanted = Request(visit.child, visit.service, slots_for(visit.service, slot_id))
    moving.move([Move(visit, wanted)], by=visit.booking.made_by, online=True, now=NOON)
    return "moved"


def take_both(*slot_ids):
    """Any verb that begins with these slots."""
    places.lock(slot_ids)
    return "had both"


def offer(appointment_id):
    new_times.offer_to(appointment_id, now=NOON)
    return "offered"


def shut(starts_at, ends_at):
    change = Close(db.session.query(Centre).one(), starts_at, ends_at, "检修", "Repairs")
    version = applying.preview(change, now=NOON).version
    applying.apply(change, version, by=db.session.query(User).first(), now=NOON)
    return "shut"


def keep(child_id, slot_id):
    """Its guardian begins to book it."""
    child, service = db.session.get_one(Child, child_id), db.session.query(Service).one()
    wanted = Request(child, service, slots_for(service, slot_id))
    holding.hold([wanted], by=child.guardianships[0].user, now=NOON)
    return "kept"


def walk_in(child_id, slot_id):
    """The desk books the same child, whom it finds by the form."""
    child, service = db.session.get_one(Child, child_id), db.session.query(Service).one()
    guardian = child.guardianships[0].user
    filled = {"guardian": guardian.name, "name": child.name, "birth_date": child.birth_date}
    filled |= {"phone": guardian.phone}
    form = Namespace(**{name: Namespace(data=data) for name, data in filled.items()})
    child = twins.original("child_at_desk")(form, NOON)
    kw = {"channel": Channel.DESK, "by": guardian, "key": "desk", "now": NOON}
    book_for(child, service, slots_for(service, slot_id), **kw)
    return "booked"


def move_session(session_id, day):
    """To the same hours of another day."""
    session = db.session.get_one(ClinicSession, session_id)
    hours = (local(session.starts_at).time(), local(session.ends_at).time())
    moving = session_moving.Moving(session, session.room, day, *hours)
    version = session_moving.preview(moving, now=NOON).version
    session_moving.move(moving, version, by=db.session.query(User).first(), now=NOON)
    return "moved"


def open_then_move_session(session_id, day):
    """The same, stopped when the new session is there."""
    return move_session(session_id, day)


def lift():
    closure = db.session.query(Closure).one()
    reopening.lift(closure, by=db.session.query(User).first(), now=NOON)
    return "lifted"


# Where a verb stops: what it calls when it has locked one part.
STOPS = {
    cancel: "on_freed",
    cancel_all: "on_freed",
    missed: "shut_behind",
    arrive: "take_step",
    walk_in: "lock_to_take",
    move_session: "booked_online",
    open_then_move_session: "keep_times",
    move: "end_new_times",
    offer: "end_new_times",
    lift: "end_new_times",
    shut: "end_holds",
}


def own_slots(appointment_ids):
    """The slots of these visits, without what ends with them in others."""
    return [
        slot
        for appointment_id in appointment_ids
        for slot in places.slots_of(appointment_id=appointment_id)
    ]


def break_rule(manner):
    if manner == "queues":
        twins.replace(lock_if_free=lambda *_: True)
    elif manner == "own only":
        twins.replace(slots_around=own_slots, slots_of_offers=twins.none)
    elif manner == "one by one":
        twins.replace(cancel_all=cancel_one_by_one, mark_all_no_show=missed_one_by_one)
    elif manner == "whole row":
        lock = twins.original("with_for_update")
        whole = {"key_share": False}
        twins.replace(with_for_update=lambda query, **kw: lock(query, **kw | whole))
    elif manner == "as they come":
        twins.replace(by_kind=list)


def act(wait, manner, deed, *ids, tries=3):
    """Do it, try it so many times, and say how it ended."""
    break_rule(manner)
    wait()
    try:
        return in_one_transaction(lambda: deed(*ids), tries)
    except OperationalError as error:
        return type(error.orig).__name__
    except DomainError as error:
        return type(error).__name__


def stop_and_act(wait, manner, deed, *ids):
    """The same, but it waits at the door, once, where it has locked one part."""
    goes_on, waited = twins.original(STOPS[deed]), []

    def wait_then_go_on(*args, **kw):
        if not waited:  # after a deadlock there is nobody to wait for
            waited.append(wait("locked"))
        return goes_on(*args, **kw)

    twins.replace(**{STOPS[deed]: wait_then_go_on})
    return act(wait, manner, deed, *ids)


def until_all_wait(number):
    """Until so many wait for a lock. Asked often, and not for ever."""
    waiting_now = text(
        "SELECT count(*) FROM pg_stat_activity "
        "WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    for _ in range(MOST_LOOKS):
        db.session.execute(text("SELECT pg_stat_clear_snapshot()"))  # or it is as we saw it first
        if db.session.scalar(waiting_now) >= number:
            return
    raise AssertionError("they do not wait")


def deadlocks():
    """How many PostgreSQL has met in this database. It knows once all others have gone."""
    db.session.rollback()
    here = "FROM pg_stat_activity WHERE datname = current_database()"
    for _ in range(MOST_LOOKS):
        db.session.rollback()  # what was read of the others is kept until then
        if not db.session.scalar(text(f"SELECT count(*) {here} AND pid <> pg_backend_pid()")):
            break
    db.session.rollback()
    return db.session.scalar(
        text("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    )


def cross(stopped, other):
    """Who is stopped has locked one part when the other comes and waits; how both ended."""
    stopped.hear("ready")
    stopped.go()
    stopped.hear("locked")
    other.hear("ready")
    other.go()
    until_all_wait(1)
    stopped.go()
    return [stopped.answer(), other.answer()]
