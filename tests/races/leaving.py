"""Somebody who waits at the door, and then acts once.

`grant` a request for leave or `withdraw` it, send a clinician `away`, `book` a child into a slot, open a `feed`. A
blind one acts on what they saw before they waited, and locks nothing: only the database stands
between them and another.
"""

from datetime import time
from functools import partial

from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import Role, User
from clinic.calendar import feeds
from clinic.centres.models import Practitioner, Service
from clinic.clock import at
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.scheduling.appointments import booking
from clinic.scheduling.changes import applying, leaves
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.kinds import Away
from clinic.scheduling.changes.leaves import LeaveRequest
from clinic.scheduling.models import Channel
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from tests.makes import NOON, TOMORROW
from tests.races import twins

AWAY = at(TOMORROW, time(8)), at(TOMORROW, time(18))


def manager():
    return next(user for user in db.session.query(User).all() if Role.MANAGER in user.roles)


def grant(request_id):
    asked = db.session.get_one(LeaveRequest, request_id)
    return _leave(asked.practitioner_id, asked)


def away(practitioner_id):
    return _leave(practitioner_id, None)


def _leave(practitioner_id, asked):
    """Grant what was seen; what is stale by then is looked at again, as a person would."""
    change = Away(db.session.get_one(Practitioner, practitioner_id), *AWAY)
    shown = applying.preview(change, now=NOON)
    db.session.commit()

    def send(version):
        return leaves.send_away(change, version, by=manager(), now=NOON, request=asked)

    def do():
        nonlocal shown
        while True:
            try:
                in_one_transaction(partial(send, shown.version))
            except NotAsShown:
                db.session.rollback()
                shown = applying.preview(change, now=NOON)
            else:
                return " ".join(
                    ["granted", *(str(appointment.id) for appointment in shown.displaced)]
                )

    return do


def withdraw(request_id):
    asked = db.session.get_one(LeaveRequest, request_id)
    by = db.session.get_one(User, asked.asked_by_id)
    db.session.commit()

    def do():
        in_one_transaction(lambda: leaves.withdraw_leave(asked, by=by, now=NOON))
        return "withdrawn"

    return do


def book(child_id, slot_id):
    child, service = db.session.get_one(Child, child_id), db.session.query(Service).one()
    wanted = Request(child, service, slots_for(service, slot_id))
    by = child.guardianships[0].user
    db.session.commit()

    def do():
        key = f"race:{child_id}"
        kw = {"by": by, "key": key, "channel": Channel.ONLINE, "now": NOON}
        made = in_one_transaction(lambda: booking.book([wanted], **kw))
        return f"booked {made.appointment_ids[0]}"

    return do


def feed(user_id):
    user, seen = (
        db.session.get_one(User, user_id),
        feeds.live_feed(db.session.get_one(User, user_id)),
    )
    assert seen is None
    db.session.commit()

    def do():
        in_one_transaction(lambda: feeds.open_feed(user, now=NOON))
        return "opened"

    return do


def go_blind():
    """Nobody locks, nobody looks again."""
    look, first = twins.original("preview_change"), []

    def as_first_shown(change, **kw):
        first.extend([] if first else [look(change, **kw)])
        return first[0]

    def decide(request, *, granted, by, now):
        row = db.session.get_one(LeaveRequest, request.id)
        row.decided_at, row.decided_by_id, row.granted = now, by.id, granted

    def withdraw_unseen(request, *, by, now):
        db.session.get_one(LeaveRequest, request.id).withdrawn_at = now

    locks = ("one_leave_at_a_time", "one_change_at_a_time", "lock_slots", "lock_children")
    looks = ("check_leave", "live_feed")
    twins.replace(
        **dict.fromkeys(locks + looks, twins.nothing),
        preview_change=as_first_shown,
        decide_leave=decide,
        withdraw_leave=withdraw_unseen,
        lock_to_take=twins.none,
        verdict_on_booking=twins.none,
    )


VERBS = {"grant": grant, "withdraw": withdraw, "away": away, "book": book, "feed": feed}


def act(wait, sight, verb, *numbers):
    """Look, wait, and say how it ended."""
    if sight == "blind":
        go_blind()
    do = VERBS[verb](*numbers)
    wait()
    try:
        return do()
    except (DomainError, IntegrityError) as error:
        return type(error).__name__
