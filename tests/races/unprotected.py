"""The site without its protections, for the twins of the races.

LOCKED=1   slots and children are locked as ever; else nobody locks anything
MEET=n     whoever is about to write has looked before any of the n writes: what
           check-then-insert comes to on a busy morning; MEET_AT says when: at the `confirm`
           (the default), at the `hold`, or once each has its first `place` (nobody looks first)
BLIND=1    nobody looks at the child's other appointments
KEEP=1     a cancelled place is not given back
AGAIN=1    every confirmation has a key of its own, and forgets the hold it came from
LOOK=1     a confirmation's key is looked for and then written, and forgets the hold too
ALONE=1    whoever asks for any clinician is given the one that the button named
PIECES=1   each place of a list is taken in a transaction of its own
EARLY=1    nobody looks at when a time opens for booking
OLD=1      a time is known as it was when somebody first asked for it
TORN=n     a booking is committed before the trail tells it, and the nth of a process kills it there
TRIES=n    a deadlock is tried again so many times
"""

import os
import threading
from dataclasses import replace
from functools import partial
from uuid import uuid4

from flask import g, request
from sqlalchemy import select

from clinic.app import create_app
from clinic.db import db, in_one_transaction
from clinic.scheduling.models import Booking
from clinic.scheduling.references import new_reference
from tests.races import twins
from tests.races.torn import tear

_meet = int(os.environ.get("MEET", "1"))
_meet_at = os.environ.get("MEET_AT", "confirm")
_together = threading.Barrier(_meet, timeout=20)
_verdict, _book = twins.original("verdict_on_booking"), twins.original("book")
_take, _slots_for, _known = twins.original("take_place"), twins.original("slots_for"), {}


def _meet_once():
    if not g.get("met"):
        g.met = True
        _together.wait()


def _look_then_meet(*args, **kwargs):
    found = [] if "BLIND" in os.environ else _verdict(*args, **kwargs)
    if str(request.endpoint).endswith(f".{_meet_at}"):
        _meet_once()
    return found


def _take_then_meet(*args, **kwargs):
    _take(*args, **kwargs)
    if "PIECES" in os.environ:
        db.session.commit()
    _meet_once()


def _book_forgetful(requests, required, *, key, **rest):
    if "AGAIN" in os.environ:
        key = f"{key}:{uuid4()}"
    requests = [replace(each, hold=None) for each in requests]
    return _book(requests, required, key=key, **rest)


def _look_then_add(key, *, by, channel, now):
    if db.session.scalar(select(Booking).where(Booking.idempotency_key == key)):
        return None
    made = Booking(idempotency_key=key, made_by_id=by, channel=channel, made_at=now)
    made.reference = new_reference()
    db.session.add(made)
    db.session.flush()
    return made.id


def _as_first_known(service, slot_id):
    key = (service.id, slot_id)
    if key not in _known:
        _known[key] = _slots_for(service, slot_id)
    return _known[key]


if "LOCKED" not in os.environ:
    twins.replace(lock_slots=twins.none, lock_to_take=twins.none, lock_family=twins.none)
if _meet_at == "place":
    # Who looked before would see the other's first place, go away, and be waited for in vain.
    twins.replace(take_place=_take_then_meet, must_seem_free=twins.nothing)
else:
    twins.replace(verdict_on_booking=_look_then_meet)
if _meet_at == "hold":
    twins.replace(verdict_on_hold=_look_then_meet)
if {"AGAIN", "LOOK"} & os.environ.keys():
    twins.replace(book=_book_forgetful)
if "LOOK" in os.environ:
    twins.replace(add_booking=_look_then_add)
if "KEEP" in os.environ:
    twins.replace(free_places=twins.none)
if "ALONE" in os.environ:
    twins.replace(whoever_is_free=lambda _, slot_id, **__: [slot_id])
if "EARLY" in os.environ:
    twins.replace(verdict_on_booking=twins.none, verdict_on_hold=twins.none)
if "OLD" in os.environ:
    twins.replace(slots_for=_as_first_known)
if "TORN" in os.environ:
    tear("book", int(os.environ["TORN"]))
if "TRIES" in os.environ:
    once = partial(in_one_transaction, tries=int(os.environ["TRIES"]))
    twins.replace(in_one_transaction=once, hold_in_one_transaction=once)
app = create_app()
