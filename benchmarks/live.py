"""What sixty live screens cost who books: desks, rooms and walls that ask as their pages do.

Meanwhile somebody is checked in or taken back every ten seconds, and everybody is told anew.
"""

import time

from sqlalchemy import select

from benchmarks.clients import Browser, together
from benchmarks.sites import (
    application,
    books_for_sure,
    free_slots,
    new_families,
    served,
    service_of,
)
from benchmarks.telling import PAIRS, tell, tell_pairs
from clinic import clock
from clinic.accounts.models import Membership, Role
from clinic.centres.models import Centre
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.scheduling.models import Appointment, Slot
from tests.makes import sign_in

BOOKERS, BOOKINGS = 8, 40  # each: a run is longer than what lies between two questions
POLLERS = 60
# As in the templates: seconds between two questions of arrivals, of a queue, of a wall.
PAGES = (
    ("/desk/?centre={0}", 5.0),
    ("/desk/queue?centre={0}&station=doctor", 5.0),
    ("/desk/screen/{0}", 3.0),
)
STEP = 10.0  # a centre of forty families a morning has a step about twice a minute


def measure(url, engine, *, full):
    with application(url) as app, served(url) as site:
        service_id = service_of("vaccination")
        slots = places(service_id)
        desk, centre, visit_id = somebody_at_the_desk(app)
        statuses: list[int] = []
        tags: dict[str, str] = {}  # the pages are open all the time; what they show has its tag

        def booking(beside):
            """Bookings a second, alone or beside the pollers."""
            families = new_families(app, BOOKERS * BOOKINGS)
            over = []

            def booker(n):
                for family in families[n::BOOKERS]:
                    yield from books_for_sure(family, service_id, next(slots))
                over.append(time.perf_counter())

            def is_over():
                return len(over) == BOOKERS

            people = [booker(n) for n in range(BOOKERS)]
            if beside:
                people += [poller(desk, centre, n, is_over, tags, statuses) for n in range(POLLERS)]
                people.append(steps(desk, visit_id, is_over))
            begun = time.perf_counter()
            together(site, people)
            return BOOKERS * BOOKINGS / (max(over) - begun)

        booking(beside=True)
        statuses.clear()
        found = [(booking(beside=False), booking(beside=True)) for _ in range(PAIRS - 4)]
    tell_pairs(
        found, what="bookings beside 60 live pollers / without them", engine=engine, goal=">= 0.8"
    )
    tell(
        what="answers to live pollers that said: unchanged",
        engine=engine,
        ratio=statuses.count(304) / len(statuses),
        answers=len(statuses),
        wrong=sum(status not in (200, 304) for status in statuses),
    )


def places(service_id):
    """The slots that have a place, each as often as it has places, spread over the days."""
    found = [db.session.get_one(Slot, free_slot) for free_slot in free_slots(service_id)]
    left = [min(s.online_capacity - s.online_taken, s.capacity - s.taken) for s in found]
    db.session.commit()
    most = max(left, default=0)
    yield from (
        slot.id for n in range(most) for slot, own in zip(found, left, strict=True) if n < own
    )


def somebody_at_the_desk(app):
    """A browser of a reception, the code of its centre, and somebody who is booked there today."""
    query = select(Membership).where(Membership.role == Role.RECEPTION).order_by(Membership.id)
    member = db.session.scalars(query.limit(1)).one()
    start, end = day_bounds(clinic_day(clock.now()))
    booked = select(Appointment.id).where(
        Appointment.centre_id == member.centre_id,
        Appointment.starts_at >= start,
        Appointment.starts_at < end,
        Appointment.arrived_at.is_(None),
        Appointment.cancelled_at.is_(None),
        Appointment.no_show_at.is_(None),
    )
    visit_id = db.session.scalars(booked).first()
    code = db.session.get_one(Centre, member.centre_id).code
    browser = Browser(app, *sign_in(member.user))
    db.session.commit()
    return browser, code, visit_id


def poller(desk, centre, n, is_over, tags, statuses):
    """One of the pages, which asks with the tag of its last answer."""
    path, every = PAGES[n % len(PAGES)]
    yield every * n / POLLERS
    while not is_over():
        request = desk.get(path.format(centre), etag=tags.get(n))
        answer = yield request.replace(b"\r\n", b"\r\nHX-Request: true\r\n", 1)
        statuses.append(answer.status)
        tags[n] = answer.header("etag") or tags.get(n)
        yield every


def steps(desk, visit_id, is_over):
    """Somebody arrives, and it was a mistake; again and again."""
    verbs = ("arrival", "arrival/undo")
    yield STEP / 2
    while visit_id and not is_over():
        for verb in verbs:
            yield desk.post(f"/desk/appointments/{visit_id}/{verb}")
            yield STEP
