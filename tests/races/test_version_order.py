"""What is counted for the pages is counted last and in one order: nobody waits for a version in a ring."""

from datetime import time, timedelta

import pytest
from sqlalchemy import text

from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import NUMBER, Topic, Version
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_practitioner,
    make_room,
    make_service,
    make_session,
)
from tests.races import crossing
from tests.races.crossing import act, cross, deadlocks, stop_and_act, until_all_wait
from tests.races.doors import Somebody, at_once

LATER = TOMORROW + timedelta(days=1)
COUNTS_VERSIONS = """
    SELECT tgname, tgrelid::regclass FROM pg_trigger
    WHERE tgname IN ('slot_services_version', 'appointments_desk_version')"""
# Each change counts in the one row that there is: a move and a cancellation at the commit, new hours at once.
COUNTED_IN_ONE_ROW = """
    CREATE FUNCTION count_one() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO versions (topic, centre_id, day, number)
        VALUES (TG_ARGV[0], NEW.centre_id, (NEW.starts_at AT TIME ZONE 'UTC')::date, 1)
        ON CONFLICT (topic, centre_id, day, part) DO UPDATE SET number = versions.number + 1;
        RETURN NULL;
    END $$;
    CREATE CONSTRAINT TRIGGER slot_services_version_update AFTER UPDATE ON slot_services
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_one('times');
    CREATE TRIGGER slot_services_version_insert AFTER INSERT ON slot_services
    FOR EACH ROW EXECUTE FUNCTION count_one('times');
    CREATE CONSTRAINT TRIGGER appointments_desk_version AFTER INSERT OR UPDATE ON appointments
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION count_one('desk');
"""


def count_in_one_row():
    """The database counts versions so from here on: who counts waits for who has counted."""
    db.session.commit()
    with db.engine.begin() as connection:
        for trigger, table in connection.execute(text(COUNTS_VERSIONS)).all():
            connection.execute(text(f"DROP TRIGGER {trigger} ON {table}"))
        connection.exec_driver_sql(COUNTED_IN_ONE_ROW, execution_options={"no_parameters": True})


@pytest.mark.parametrize("manner", ["in order", "as they come"])
def test_tickets_of_two_families_are_counted_in_one_order(postgres_race, manner):
    """Each has a vaccination and a health check today, in that order or the other."""
    kinds = ("vaccination", "checkups")
    services = [make_service(kind) for kind in kinds]
    centre = make_practitioner().centre
    hours = {"day": clinic_day(NOON), "opens": time(13), "closes": time(14)}
    sessions = [
        make_session(
            make_practitioner([service], centre=centre), make_room(centre), [service], **hours
        )
        for service in services
    ]
    families = [
        [
            make_appointment(service=services[kind], slot=sessions[kind].slots[n]).id
            for kind in order
        ]
        for n, order in enumerate(((0, 1), (1, 0)))
    ]
    stopped = Somebody(postgres_race, stop_and_act, manner, crossing.arrive, *families[0])
    other = Somebody(postgres_race, act, manner, crossing.arrive, *families[1])

    assert cross(stopped, other) == ["arrived"] * 2
    assert bool(deadlocks()) == (manner == "as they come")
    assert broken_promises() == []


@pytest.mark.parametrize("is_broken", [False, True], ids=["counted", "twin"])
def test_nobody_waits_for_a_version(postgres_race, is_broken):
    """A visit is cancelled and another moved on one day: both count the same versions.

    All versions of the desk are ours meanwhile. In the twin both wait for them, and then for each other.
    """
    if is_broken:
        count_in_one_row()
    service = make_service()
    practitioner = make_practitioner([service])
    room = make_room(practitioner.centre)
    first, second, third, *_ = make_session(practitioner, room, [service]).slots
    visits = [make_appointment(service=service, slot=slot).id for slot in (first, second)]
    deeds = [(crossing.cancel, visits[0]), (crossing.move, visits[1], third.id)]
    people = [Somebody(postgres_race, act, "in order", *deed) for deed in deeds]
    for one in people:
        one.hear("ready")
    db.session.execute(text("SELECT 1 FROM versions WHERE topic = 'desk' FOR UPDATE"))
    for number, one in enumerate(people, 1):
        one.go()
        if is_broken:
            until_all_wait(number)
    if is_broken:
        db.session.rollback()  # of the locks

    assert sorted(person.answer() for person in people) == ["cancelled", "moved"]
    assert bool(deadlocks()) == is_broken
    assert broken_promises() == []


def test_what_two_transactions_count_at_once_is_counted_twice(postgres_race):
    """What one of them takes back is not counted; what both commit is, twice."""
    bump = text("SELECT bump_version('desk', 1, '2026-03-03')")
    with db.engine.connect() as one, db.engine.connect() as other:
        one.execute(bump), other.execute(bump)
        other.commit(), one.commit()
        one.execute(bump), other.execute(bump)
        one.rollback(), other.commit()
        for _ in range(3):
            one.execute(bump)
            one.commit()
    assert db.session.scalar(db.select(NUMBER).where(Version.topic == Topic.DESK)) == 6
    rows = db.select(db.func.count()).where(Version.topic == Topic.DESK)
    assert db.session.scalar(rows) == 2


@pytest.mark.parametrize("is_broken", [False, True], ids=["in order", "twin"])
def test_versions_of_new_hours_are_counted_with_the_others(postgres_race, is_broken):
    """A session goes to the next day while a visit does; the twin counts the new day when it opens."""
    if is_broken:
        count_in_one_row()
    service = make_service()
    first = make_practitioner([service])
    moves = make_session(first, make_room(first.centre), [service])
    other = make_practitioner([service], centre=first.centre)
    room = make_room(first.centre)
    here, there = (make_session(other, room, [service], day).slots[0] for day in (TOMORROW, LATER))
    visit = make_appointment(service=service, slot=here)
    deed = (crossing.open_then_move_session, moves.id, LATER)
    manager = Somebody(postgres_race, stop_and_act, "in order", *deed)
    family = Somebody(postgres_race, act, "in order", crossing.move, visit.id, there.id)
    if is_broken:
        assert cross(manager, family) == ["moved"] * 2
    else:
        manager.hear("ready")
        manager.go()
        manager.hear("locked")
        assert at_once([family]) == ["moved"]
        manager.go()
        assert manager.answer() == "moved"
    assert bool(deadlocks()) == is_broken
    assert broken_promises() == []
