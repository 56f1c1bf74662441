"""An hour against a quarter of it: whoever overlaps, only one of the two is booked."""

from datetime import time

import pytest

from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.scheduling.verify import broken_promises
from tests.makes import make_child, make_guardianship, make_service, make_user, sign_in
from tests.promises import drop_promises
from tests.races.families import (
    Family,
    Parent,
    appointments,
    at_once,
    families,
    ids_of,
    in_two_days,
    statuses,
)
from tests.serving import serving
from tests.world import World

ROUNDS = 8


def times(*services, rounds=ROUNDS):
    """One clinician's quarters of an hour: four for each round."""
    world = World(service=services[0])
    for service in services[1:]:
        world.also_gives(service)
    return world.open(in_two_days(), opens=time(8), closes=time(8 + rounds)).slots


def one_child(app):
    """Mother wants the hour with one clinician, father a quarter in it with another, for one child."""
    mother, father = make_user(), make_user()
    child = make_child(mother)
    make_guardianship(father, child)
    return [Family(Parent(app, person), (child.id,)) for person in sign_in(mother, father)]


def book_both(app, site, *, child):
    """In every round the hour and its third quarter are booked at once; each round's answers."""
    hour, quarter = make_service(minutes=60), make_service(minutes=15)
    hours = ids_of(times(hour, quarter))
    quarters = ids_of(times(quarter)) if child == "one" else hours
    pairs = [one_child(app) if child == "one" else families(app, 2) for _ in range(ROUNDS)]
    hour_id, quarter_id = hour.id, quarter.id
    db.session.commit()
    found = []
    for n, (first, second) in enumerate(pairs):
        wishes = [(first, hour_id, hours[4 * n]), (second, quarter_id, quarters[4 * n + 2])]
        # One child's two places are held at the same time; of one place, only one can be held.
        if child == "one":
            held = [(who, who.hold(site, what, when)) for who, what, when in wishes]
            found.append(at_once(lambda pair: pair[0].confirm(site, pair[1]), held))
        else:
            found.append(at_once(lambda wish: wish[0].book(site, wish[1], wish[2]), wishes))
    return found


@pytest.mark.parametrize(("child", "refused"), [("one", 422), ("another", 409)])
def test_an_hour_or_a_quarter_of_it_is_booked_never_both(race, child, refused):
    with serving(race.config["DATABASE_URL"]) as site:
        rounds = book_both(race, site, child=child)

    assert [statuses(answers) for answers in rounds] == [{303: 1, refused: 1}] * ROUNDS
    assert appointments() == ROUNDS
    assert broken_promises() == []


@pytest.mark.parametrize("child", ["one", "another"])
def test_its_twin_that_looks_at_nothing_books_both(race, child):
    drop_promises()
    twin = {"app": "tests.races.unprotected:app", "BLIND": "1"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        book_both(race, site, child=child)

    assert appointments() == 2 * ROUNDS


def test_its_twin_without_locks_books_both(postgres_race):
    drop_promises()
    twin = {"app": "tests.races.unprotected:app", "workers": 1, "threads": 4, "MEET": "2"}
    with serving(postgres_race.config["DATABASE_URL"], **twin) as site:
        book_both(postgres_race, site, child="one")

    assert appointments() == 2 * ROUNDS
    overlapping = [
        broken_promise
        for broken_promise in broken_promises()
        if "overlaps another of the child" in broken_promise
    ]
    assert len(overlapping) == ROUNDS
    assert db.session.query(Appointment).filter_by(slot_count=4).count() == ROUNDS
