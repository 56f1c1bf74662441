"""Goal 7: what a storm of bookings does to those who look, and what open screens do to those who book."""

import statistics
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
from benchmarks.telling import PAIRS, percentile, tell, tell_pairs
from clinic.accounts.models import Membership, Role
from clinic.db import db
from tests.makes import sign_in

READERS, LOOKS = 4, 60
BOOKERS, BOOKINGS = 8, 6  # each
SCREENS, EVERY = 60, 5.0  # seconds between two looks of one screen


def measure(url, engine, *, full):
    with application(url) as app, served(url) as site:
        crowd = Crowd(app, site)
        storm(crowd, engine)
        screens(crowd, engine)


def storm(crowd, engine):
    """What a storm of bookings does to those who look."""
    crowd.looking(stormy=False)
    pairs = [(crowd.looking(stormy=False), crowd.looking(stormy=True)) for _ in range(3)]
    ratios = [percentile(stormy, 0.99) / percentile(calm, 0.99) for calm, stormy in pairs]
    tell(
        what="availability p99 during a booking storm / alone",
        engine=engine,
        ratio=statistics.median(ratios),
        goal="<= 5",
        milliseconds=statistics.median(percentile(stormy, 0.99) for _, stormy in pairs) * 1000,
        baseline_milliseconds=statistics.median(percentile(calm, 0.99) for calm, _ in pairs) * 1000,
    )


def screens(crowd, engine):
    """What open screens do to those who book."""
    pairs = [(crowd.booking(beside=False), crowd.booking(beside=True)) for _ in range(PAIRS - 2)]
    tell_pairs(
        pairs, what="bookings beside 60 live screens / without them", engine=engine, goal=">= 0.8"
    )


class Crowd:
    """Families who look and book, and screens that ask again and again, on one site."""

    def __init__(self, app, site):
        self.app, self.site = app, site
        self.service_id = service_of("vaccination")
        self.slots = iter(free_slots(self.service_id))
        self.path = f"/vaccination/?service={self.service_id}"
        self.readers = [family.browser.get(self.path) for family in new_families(app, READERS)]
        at_desk = select(Membership).where(Membership.role == Role.RECEPTION).limit(1)
        desk = db.session.scalars(at_desk).one()
        self.desk = Browser(app, *sign_in(desk.user))
        self.watchers = [family.browser for family in new_families(app, SCREENS // 2)]
        db.session.commit()

    def bookers(self, over):
        """Clients who book one time after another; each says in `over` when it is done."""
        families = new_families(self.app, BOOKERS * BOOKINGS)

        def booker(number):
            for family in families[number::BOOKERS]:
                yield from books_for_sure(family, self.service_id, next(self.slots))
            over.append(time.perf_counter())

        return [booker(number) for number in range(BOOKERS)]

    def looking(self, *, stormy):
        """Seconds of each look, alone or while others book."""
        seen: list[float] = []
        over: list[float] = []

        def look(request):
            while len(seen) < READERS * LOOKS or (stormy and len(over) < BOOKERS):
                answer = yield request
                seen.append(answer.seconds)

        bookers = self.bookers(over) if stormy else []
        together(self.site, [look(reader) for reader in self.readers] + bookers)
        return seen

    def booking(self, *, beside):
        """Bookings a second, alone or beside screens that look again and again."""
        over: list[float] = []  # the screens go on until every booker is done
        bookers = self.bookers(over)
        watching = [self.watching(number, over) for number in range(SCREENS)] if beside else []
        begun = time.perf_counter()
        together(self.site, bookers + watching)
        return BOOKERS * BOOKINGS / (max(over) - begun)

    def watching(self, number, over):
        """A screen: every other one a desk's, else a family's page of times."""
        yield number * EVERY / SCREENS
        etag = None
        while len(over) < BOOKERS:
            if number % 2:
                answer = yield self.desk.get("/desk/", etag=etag)
            else:
                answer = yield self.watchers[number // 2].get(self.path, etag=etag)
            etag = answer.header("etag") or etag
            yield EVERY
