"""Clinicians with free times, and what is found and booked for several at once."""

from itertools import count

from clinic.clock import day_bounds, local
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Channel, Slot
from clinic.scheduling.search import trips
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, TOMORROW, make_user
from tests.world import World

_keys = count(1)


def team(*services, centre=None, day=TOMORROW, **kw):
    """A practitioner with a room and a session."""
    world = World(service=services[0], centre=centre)
    for service in services[1:]:
        world.also_gives(service)
    world.open(day, **kw)
    return world.practitioner


def find(wishes, *practitioners, days=1):
    start, end = day_bounds(TOMORROW, days)
    return trips.find_trips(wishes, [p.centre_id for p in practitioners], start, end, now=NOON)


def clocks(visit):
    return [f"{local(offer.starts_at):%H:%M}" for offer in visit.offers]


def wanted(wish, offer, **kw):
    return Request(wish.child, wish.service, slots_for(wish.service, offer.slot_id), **kw)


def book(items, parent=None, online=True):
    made = booking.book(
        items,
        by=parent or make_user(),
        key=f"together:{next(_keys)}",
        channel=Channel.ONLINE if online else Channel.DESK,
        now=NOON,
    ).row
    db.session.commit()
    assert broken_promises() == []
    return made


def practitioner_slots(practitioner):
    query = db.session.query(Slot).filter_by(practitioner_id=practitioner.id)
    return query.order_by(Slot.starts_at).all()
