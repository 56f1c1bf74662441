"""Many people at once, over HTTP, against the real server, on both engines.

Each race has a twin with the protection off that must fail, or the race would prove nothing.
"""

import pytest
from sqlalchemy import func, select, text

from clinic.db import db
from clinic.scheduling.models import Appointment, Booking
from clinic.scheduling.verify import broken_promises
from tests.makes import make_child, make_guardianship, make_service, make_user, sign_in
from tests.promises import drop_promises
from tests.races.families import (
    Family,
    Parent,
    a_slot,
    appointments,
    at_once,
    families,
    ids_of,
    statuses,
)
from tests.serving import serving


def rush(app, site, service, slot, number):
    """Everybody wants that slot, and confirms if they get to keep it. Their answers."""
    service_id, [slot_id] = service.id, ids_of([slot])
    return at_once(lambda one: one.book(site, service_id, slot_id), families(app, number))


@pytest.mark.parametrize("capacity", [1, 5])
def test_fifty_parents_for_the_last_places(race, capacity):
    service = make_service()
    slot = a_slot(service, capacity=capacity)
    with serving(race.config["DATABASE_URL"]) as site:
        answers = rush(race, site, service, slot, 50)

    assert statuses(answers) == {303: capacity, 409: 50 - capacity}
    assert all('name="slot"' in answer.page for answer in answers if answer.status == 409)
    assert appointments() == capacity
    assert broken_promises() == []


@pytest.mark.parametrize("capacity", [1, 5])
def test_its_twin_without_the_databases_promises_overbooks(race, capacity):
    service = make_service()
    slot = a_slot(service, capacity=capacity)
    db.session.commit()
    drop_promises()
    with serving(race.config["DATABASE_URL"]) as site:
        rush(race, site, service, slot, 12)

    assert appointments() > capacity


def confirm_ten_times(app, site):
    service = make_service()
    slot = a_slot(service, capacity=20)
    [family] = families(app, 1)
    service_id, [slot_id] = service.id, ids_of([slot])
    held = family.hold(site, service_id, slot_id)
    assert held.status == 303
    return at_once(lambda _: family.confirm(site, held), range(10))


def test_ten_clicks_are_one_booking(race):
    with serving(race.config["DATABASE_URL"]) as site:
        answers = confirm_ten_times(race, site)

    assert statuses(answers) == {303: 10}
    assert len({answer.where for answer in answers}) == 1
    assert appointments() == 1
    assert broken_promises() == []


def test_its_twin_without_once_only_is_ten_bookings(race):
    drop_promises()
    twin = {"app": "tests.races.unprotected:app", "AGAIN": "1", "BLIND": "1"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        confirm_ten_times(race, site)

    assert appointments() == 10


def test_its_twin_without_locks_and_keys_is_ten_bookings(postgres_race):
    url = postgres_race.config["DATABASE_URL"]
    drop_promises()
    db.session.execute(text("ALTER TABLE bookings DROP CONSTRAINT uq_bookings_idempotency_key"))
    db.session.commit()
    twin = {"app": "tests.races.unprotected:app", "workers": 1, "threads": 12, "MEET": "10"}
    with serving(url, **twin, LOOK="1") as site:
        confirm_ten_times(postgres_race, site)

    assert db.session.scalar(select(func.count(Booking.id))) > 1


def mother_and_father(app, site):
    """Both book their one child at the same time, with two clinicians."""
    service = make_service()
    slots = [a_slot(service), a_slot(service)]
    mother, father = make_user(), make_user()
    child = make_child(mother)
    make_guardianship(father, child)
    both = [Family(Parent(app, person), (child.id,)) for person in sign_in(mother, father)]
    service_id, slot_ids = service.id, ids_of(slots)
    held = [
        one.hold(site, service_id, slot_id) for one, slot_id in zip(both, slot_ids, strict=True)
    ]
    return at_once(lambda pair: pair[0].confirm(site, pair[1]), list(zip(both, held, strict=True)))


def test_mother_and_father_book_one_child_once(race):
    with serving(race.config["DATABASE_URL"]) as site:
        answers = mother_and_father(race, site)

    assert statuses(answers) == {303: 1, 422: 1}
    assert appointments() == 1
    assert broken_promises() == []


def test_its_twin_without_locks_puts_the_child_in_two_rooms(postgres_race):
    url = postgres_race.config["DATABASE_URL"]
    drop_promises()
    twin = {"app": "tests.races.unprotected:app", "workers": 1, "threads": 4, "MEET": "2"}
    with serving(url, **twin) as site:
        mother_and_father(postgres_race, site)

    assert appointments() == 2


def test_its_twin_that_looks_at_nothing_puts_the_child_in_two_rooms(race):
    drop_promises()
    twin = {"app": "tests.races.unprotected:app", "BLIND": "1"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        mother_and_father(race, site)

    assert appointments() == 2


def book_and_cancel(app, site, times):
    """Two families in turn take the one place and give it back. How often it worked."""
    service = make_service()
    slot = a_slot(service)
    pair = families(app, 2)
    service_id, [slot_id] = service.id, ids_of([slot])
    for n in range(times):
        family = pair[n % 2]
        booked = family.book(site, service_id, slot_id)
        if booked.status != 303:
            return n
        assert family.parent.post(site, f"{booked.where}/cancellation", reason="").status == 303
    return times


def test_a_place_that_is_not_given_back_is_noticed(race):
    twin = {"app": "tests.races.unprotected:app", "KEEP": "1"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        assert book_and_cancel(race, site, 20) == 1


def test_cancelling_and_booking_again_twenty_times(race):
    with serving(race.config["DATABASE_URL"]) as site:
        assert book_and_cancel(race, site, 20) == 20

    db.session.rollback()
    live = select(func.count(Appointment.id)).where(Appointment.cancelled_at.is_(None))
    assert db.session.scalar(live) == 0
    assert appointments() == 20
    assert broken_promises() == []
