"""A policy is set, free times are looked for, and one is booked."""

from itertools import count

from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Channel
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import find_slot_times, slots_for
from tests.makes import NOON, make_child, make_user

_keys = count(1)


def policy(service, **settings):
    set_policy(settings, service=service, centre=None, by=None, now=NOON)
    db.session.commit()


def free(service, slot, now):
    found = find_slot_times(service, [slot.centre_id], slot.starts_at, slot.ends_at, now=now)
    return any(slot_time.is_free and slot_time.slot_id == slot.id for slot_time in found)


def book(service, slot, now, channel=Channel.ONLINE, child=None):
    wanted = Request(child or make_child(), service, slots_for(service, slot.id))
    made = booking.book(
        [wanted], by=make_user(), key=f"release:{next(_keys)}", channel=channel, now=now
    ).row
    db.session.commit()
    return made.appointments[0]
