"""Whoever is free: three clinicians at one time, and six families who do not mind which."""

from datetime import time

from sqlalchemy import func, select

from clinic.db import db
from clinic.scheduling.models import Appointment
from clinic.scheduling.verify import broken_promises
from tests.promises import drop_promises
from tests.races.families import at_once, families, ids_of, in_two_days, statuses
from tests.serving import serving
from tests.world import World


def three_at_nine(capacity):
    """The service, and what three clinicians of one centre have at nine; there are other times too."""
    hours = {"day": in_two_days(), "closes": time(9, 30), "capacity": capacity}
    world = World(hours=hours)
    others = [world.open(practitioner=world.colleague(), **hours) for _ in "ab"]
    return world.service.id, ids_of([session.slots[0] for session in (world.session, *others)])


def six_ask(app, site, service_id, slot_ids):
    """The one button for that time names the first clinician and says that anyone will do."""
    return at_once(
        lambda family: family.book(site, service_id, slot_ids[0], any=1), families(app, 6)
    )


def booked_with_each(slot_ids):
    """How many appointments each clinician has in these slots."""
    db.session.rollback()
    rows = db.session.execute(
        select(Appointment.slot_id, func.count()).group_by(Appointment.slot_id)
    )
    found = dict(rows.all())
    return [found.get(slot_id, 0) for slot_id in slot_ids]


def test_three_are_free_six_ask_and_three_are_booked(race):
    service_id, slot_ids = three_at_nine(capacity=1)
    with serving(race.config["DATABASE_URL"]) as site:
        answers = six_ask(race, site, service_id, slot_ids)

    assert statuses(answers) == {303: 3, 409: 3}
    assert all('name="slot"' in answer.page for answer in answers if answer.status == 409)
    assert booked_with_each(slot_ids) == [1, 1, 1]
    assert broken_promises() == []


def test_nobody_is_refused_while_one_is_free_and_the_work_is_fairly_spread(race):
    service_id, slot_ids = three_at_nine(capacity=3)
    with serving(race.config["DATABASE_URL"]) as site:
        answers = six_ask(race, site, service_id, slot_ids)

    assert statuses(answers) == {303: 6}
    assert booked_with_each(slot_ids) == [2, 2, 2]
    assert broken_promises() == []


def test_its_twin_that_sends_everybody_to_one_refuses_while_two_are_free(race):
    service_id, slot_ids = three_at_nine(capacity=1)
    twin = {"app": "tests.races.unprotected:app", "LOCKED": "1", "ALONE": "1"}
    with serving(race.config["DATABASE_URL"], **twin) as site:
        answers = six_ask(race, site, service_id, slot_ids)

    assert statuses(answers) == {303: 1, 409: 5}
    assert booked_with_each(slot_ids) == [1, 0, 0]


def test_its_twin_without_locks_refuses_while_two_are_free(postgres_race):
    service_id, slot_ids = three_at_nine(capacity=1)
    twin = {"app": "tests.races.unprotected:app", "workers": 1, "threads": 8}
    meeting = {"MEET": "6", "MEET_AT": "hold", "TRIES": "1"}
    with serving(postgres_race.config["DATABASE_URL"], **twin, **meeting) as site:
        answers = six_ask(postgres_race, site, service_id, slot_ids)

    assert statuses(answers)[303] < 3


def test_its_twin_without_the_databases_promises_books_all_six(race):
    service_id, slot_ids = three_at_nine(capacity=1)
    drop_promises()
    with serving(race.config["DATABASE_URL"]) as site:
        six_ask(race, site, service_id, slot_ids)

    assert sum(booked_with_each(slot_ids)) == 6
