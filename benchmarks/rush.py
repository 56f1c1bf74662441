"""Goal 1: 500 parents want 50 places at the same moment."""

import statistics

from sqlalchemy import func, select

from benchmarks.clients import HELLO, per_second, together
from benchmarks.sites import application, beside_hello, books, free_slots, new_families, service_of
from benchmarks.telling import tell
from clinic.db import db
from clinic.scheduling.models import Appointment, Slot
from clinic.scheduling.verify import broken_promises

PARENTS, PLACES, RUNS = 500, 50, 5
TRIES = 30  # of hello, by 16 clients


def measure(url, engine, *, full):
    with application(url) as app, beside_hello(url) as (hello, site):
        service_id = service_of("vaccination")
        drains, worst, booked, errors, hellos = [], [], [], 0, []
        used: set[int] = set()
        for _ in range(RUNS):
            hellos.append(per_second(hello, [HELLO] * 16, TRIES))
            slots = some_slots(service_id, used)
            families = new_families(app, PARENTS)
            statuses: list[int] = []

            def parent(family, slot_id, statuses=statuses):
                statuses.append((yield from books(family, service_id, slot_id)))

            answers, took = together(
                site, [parent(one, slots[n % len(slots)]) for n, one in enumerate(families)]
            )
            drains.append(took * hellos[-1] / PARENTS)
            worst.append(max(answer.seconds for answer in answers))
            booked.append(count(families))
            errors += sum(status not in (303, 409) for status in statuses)
        broken = len(broken_promises())
    tell_rush(engine, booked, errors, broken, drains, hellos, worst)


def tell_rush(engine, booked, errors, broken, drains, hellos, worst):
    tell(
        what="rush: booked of 500 parents for 50 places",
        engine=engine,
        ratio=statistics.median(booked) / PLACES if len(set(booked)) == 1 else 0,
        goal="== 1",
        booked=booked,
        errors=errors,
        broken_promises=broken,
    )
    tell(
        what="rush: drain x hello rate / 500",
        engine=engine,
        ratio=statistics.median(drains),
        goal="<= 6",
        hello_per_second=statistics.median(hellos),
        runs=RUNS,
    )
    tell(
        what="rush: worst answer in seconds",
        engine=engine,
        ratio=max(worst),
        goal="<= 2",
        runs=RUNS,
    )


def some_slots(service_id, used):
    """Slots that have 50 places between them."""
    chosen, places = [], 0
    for slot_id in free_slots(service_id):
        slot = db.session.get_one(Slot, slot_id)
        left = min(slot.online_capacity - slot.online_taken, slot.capacity - slot.taken)
        if slot_id not in used and places + left <= PLACES:
            chosen.append(slot_id)
            used.add(slot_id)
            places += left
        if places == PLACES:
            break
    db.session.commit()
    return chosen


def count(families):
    """The appointments of these families."""
    children = [family.child_id for family in families]
    found = db.session.scalar(
        select(func.count(Appointment.id)).where(Appointment.child_id.in_(children))
    )
    db.session.commit()
    return found
