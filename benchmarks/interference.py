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
        service_id = service_of("vaccination")
        slots = iter(free_slots(service_id))
        path = f"/vaccination/?service={service_id}"
        readers = [family.browser.get(path) for family in new_families(app, READERS)]
        desk = db.session.scalars(
            select(Membership).where(Membership.role == Role.RECEPTION)
        ).first()
        desk_browser = Browser(app, *sign_in(desk.user))
        watchers = [family.browser for family in new_families(app, SCREENS // 2)]
        db.session.commit()

        def bookers():
            families = new_families(app, BOOKERS * BOOKINGS)
            return [all_of(families[n::BOOKERS], service_id, slots) for n in range(BOOKERS)]

        def looking(storm):
            """Seconds of each look, alone or while others book."""
            seen, over = [], []

            def storming(person):
                yield from person
                over.append(1)

            def look(request):
                while len(seen) < READERS * LOOKS or (storm and len(over) < BOOKERS):
                    answer = yield request
                    seen.append(answer.seconds)

            people = [storming(booker) for booker in bookers()] if storm else []
            together(site, [look(reader) for reader in readers] + people)
            return seen

        def booking(screens):
            """Bookings a second, alone or beside screens that look again and again."""
            over = []  # when each booker was done; the screens go on a little

            def counted(person):
                yield from person
                over.append(time.perf_counter())

            def watch(first, request):
                yield first * EVERY / SCREENS
                etag = None
                while len(over) < BOOKERS:
                    answer = yield request(etag)
                    etag = answer.header("etag") or etag
                    yield EVERY

            people = [counted(booker) for booker in bookers()]
            watching = [
                watch(
                    n,
                    (lambda etag: desk_browser.get("/desk/", etag=etag))
                    if n % 2
                    else (lambda etag, one=watchers[n // 2]: one.get(path, etag=etag)),
                )
                for n in range(SCREENS)
            ]
            begun = time.perf_counter()
            together(site, people + (watching if screens else []))
            return BOOKERS * BOOKINGS / (max(over) - begun)

        looking(storm=False)
        pairs = [(looking(storm=False), looking(storm=True)) for _ in range(3)]
        ratios = [percentile(stormy, 0.99) / percentile(calm, 0.99) for calm, stormy in pairs]
        tell(
            what="availability p99 during a booking storm / alone",
            engine=engine,
            ratio=statistics.median(ratios),
            goal="<= 5",
            milliseconds=statistics.median(percentile(one, 0.99) for _, one in pairs) * 1000,
            baseline_milliseconds=statistics.median(percentile(one, 0.99) for one, _ in pairs)
            * 1000,
        )
        tell_pairs(
            [(booking(screens=False), booking(screens=True)) for _ in range(PAIRS - 2)],
            what="bookings beside 60 live screens / without them",
            engine=engine,
            goal=">= 0.8",
        )


def all_of(families, service_id, slots):
    """A client that books for all of these families in turn."""
    for family in families:
        yield from books_for_sure(family, service_id, next(slots))
