"""A family whose time was taken away, one that takes another, and one that waits."""

from datetime import timedelta

from clinic.db import db
from clinic.scheduling.appointments import moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.waitlist import joining
from tests.makes import NOON, TOMORROW, make_child, make_user

LATER = TOMORROW + timedelta(days=3)


def displaced(clinic):
    """An appointment whose hours were changed, with three days later to choose from."""
    clinic.open(LATER)
    lost = clinic.book(0)
    clinic.do(clinic.away())
    return lost


def take(clinic, lost, kept, now=NOON):
    slots = slots_for(clinic.service, kept.slot_id)
    wanted = Request(lost.child, clinic.service, slots, hold=kept)
    moving.move([Move(lost, wanted)], by=clinic.manager, online=True, now=now)
    db.session.commit()


def wait(clinic, *children, day=TOMORROW, parts=("morning",), now=NOON):
    parent = make_user()
    entry = joining.join(
        parent,
        children or [make_child(parent)],
        clinic.service,
        [clinic.centre],
        weekdays=range(7),
        parts=parts,
        first_day=TOMORROW,
        last_day=day,
        now=now,
    )
    db.session.commit()
    return entry
