"""Lists that cross: one family wants the first slot and the second, another the second and the first."""

from datetime import time

from sqlalchemy import func, select

from clinic.db import db
from clinic.scheduling.models import Appointment, Booking, Hold, Place
from clinic.scheduling.verify import broken_promises
from tests.promises import drop_promises
from tests.races.families import appointments, at_once, families, ids_of, in_two_days, statuses
from tests.serving import serving
from tests.world import World

ROUNDS = 20


def two_slots_a_round(rounds):
    """The service, and so many quarters of an hour, and some more."""
    hours = {"day": in_two_days(), "opens": time(8), "closes": time(9 + rounds // 2)}
    world = World(hours=hours)
    return world.service.id, ids_of(world.session.slots)


def cross(app, site, rounds=ROUNDS):
    """In every round two families with two children each; the answers of each round."""
    service_id, slot_ids = two_slots_a_round(rounds)
    siblings = families(app, 2 * rounds, children=2)
    found = []
    for n in range(0, 2 * rounds, 2):
        one, other = slot_ids[n : n + 2]
        wishes = [(siblings[n], one, other), (siblings[n + 1], other, one)]
        found.append(at_once(lambda wish: wish[0].book(site, service_id, *wish[1:]), wishes))
    return found


def count(model):
    return db.session.scalar(select(func.count(model.id)))


def test_one_family_has_both_places_the_other_none_and_nobody_sees_a_deadlock(race):
    with serving(race.config["DATABASE_URL"]) as site:
        rounds = cross(race, site)

    assert [statuses(answers) for answers in rounds] == [{303: 1, 409: 1}] * ROUNDS
    assert all(
        "没有约成" in answer.page
        for answers in rounds
        for answer in answers
        if answer.status == 409
    )
    assert appointments() == 2 * ROUNDS
    # Nothing is left of those who did not win: no hold, no place.
    assert (count(Booking), count(Hold), count(Place)) == (ROUNDS, 2 * ROUNDS, 2 * ROUNDS)
    together = select(func.count()).select_from(Appointment).group_by(Appointment.booking_id)
    assert set(db.session.scalars(together)) == {2}
    assert broken_promises() == []


def test_its_twin_that_takes_one_place_after_the_other_books_for_neither(race):
    twin = {"app": "tests.races.unprotected:app", "workers": 1, "threads": 4, "PIECES": "1"}
    meeting = {"MEET": "2", "MEET_AT": "place"}
    with serving(race.config["DATABASE_URL"], **twin, **meeting) as site:
        [answers] = cross(race, site, rounds=1)

    assert statuses(answers) == {409: 2}
    db.session.rollback()
    assert (count(Appointment), count(Place)) == (0, 2)  # each keeps half of what it wanted


def test_its_twin_without_order_in_its_locks_shows_a_deadlock(postgres_race):
    twin = {"app": "tests.races.unprotected:app", "workers": 1, "threads": 4, "TRIES": "1"}
    meeting = {"MEET": "2", "MEET_AT": "place"}
    with serving(postgres_race.config["DATABASE_URL"], **twin, **meeting) as site:
        [answers] = cross(postgres_race, site, rounds=1)

    assert statuses(answers) == {303: 1, 503: 1}


def test_its_twin_without_the_databases_promises_books_for_both(race):
    drop_promises()
    with serving(race.config["DATABASE_URL"]) as site:
        cross(race, site, rounds=2)

    assert appointments() == 8
