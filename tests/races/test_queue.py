"""Two rooms that call next, two desks that check in, at the same moment, on both engines.

Each race has a twin without what the database promises that must fail, or it would prove nothing.
"""

from collections import Counter
from datetime import time

import pytest
from sqlalchemy import func, select, text

from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.db import db
from clinic.visits import arriving
from clinic.visits.models import Encounter, Ticket, TicketStep
from clinic.visits.rules import State
from tests.makes import NOON, make_room
from tests.races import queueing
from tests.races.doors import Somebody, at_once
from tests.world import World

DOORS = 4
PROMISES = ("uq_visits_open", "uq_tickets_busy", "uq_ticket_steps_number")


@pytest.fixture
def appointments(race):
    """As many families as doors, all booked for today at one centre with somebody at the desk."""
    hours = {"day": clinic_day(NOON), "opens": time(13), "closes": time(14), "capacity": DOORS}
    world = World(hours=hours)
    for role in (Role.RECEPTION, Role.CLINICIAN):
        world.staff(role)
    return [world.book() for _ in range(DOORS)]


def act_at_once(race, verb, ids, sight):
    """Each in a process of their own; what they said, counted."""
    return Counter(at_once([Somebody(race, queueing.act, sight, verb, one) for one in ids]))


def all_here(appointments, *, waiting):
    """They are checked in; so many wait for any room, the others have been seen."""
    by = appointments[0].booking.made_by
    tickets = [arriving.check_in(appointment, by=by, now=NOON) for appointment in appointments]
    for number, ticket in enumerate(tickets):
        ticket.room_id = None
        if number >= waiting:
            ticket.state = State.DONE
    db.session.commit()
    return [str(ticket.id) for ticket in tickets[:waiting]]


def doors(appointments):
    return [make_room(appointments[0].centre).id for _ in range(DOORS)]


def drop_promises():
    for name in PROMISES:
        db.session.execute(text(f"DROP INDEX {name}"))
    db.session.commit()


def count(table):
    return db.session.scalar(select(func.count()).select_from(table))


def test_every_room_calls_another_child(race, appointments):
    waiting = all_here(appointments, waiting=DOORS)
    assert act_at_once(race, "call", doors(appointments), "sees") == Counter(waiting)


def test_the_last_child_is_called_to_one_room(race, appointments):
    (last,) = all_here(appointments, waiting=1)
    answers = act_at_once(race, "call", doors(appointments), "sees")
    assert answers == {last: 1, "NobodyWaits": DOORS - 1}
    calls = select(func.count()).select_from(TicketStep).where(TicketStep.verb == "call")
    assert db.session.scalar(calls) == 1


def test_who_acts_on_what_they_saw_before_is_refused_by_the_database(race, appointments):
    first, *_ = all_here(appointments, waiting=2)
    answers = act_at_once(race, "call", doors(appointments), "blind")
    assert answers == {first: 1, "JustChanged": DOORS - 1}


def test_its_twin_without_the_databases_promises_calls_one_child_everywhere(race, appointments):
    first, *_ = all_here(appointments, waiting=2)
    drop_promises()
    assert act_at_once(race, "call", doors(appointments), "blind") == {first: DOORS}


def call_and_correct(race, appointments, sight):
    """One room calls the only one who waits; a desk notices that it checked in the wrong child."""
    rooms, (first, *_) = doors(appointments), appointments
    people = [Somebody(race, queueing.act, sight, "call", room) for room in rooms[:2]]
    people += [Somebody(race, queueing.act, sight, "correct", first.id) for _ in range(2)]
    answers = Counter(at_once(people))
    db.session.expire_all()
    return answers, db.session.scalars(select(TicketStep).order_by(TicketStep.number)).all()


def test_a_check_in_is_corrected_while_its_ticket_is_called(race, appointments):
    all_here(appointments[:1], waiting=1)
    answers, steps = call_and_correct(race, appointments, "sees")
    assert answers["corrected"] == 2  # twice is once
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert (steps[-1].verb, steps[-1].state) == ("take_back", State.VOID)
    assert appointments[0].arrived_at is None


def test_its_twin_that_does_not_look_again_is_refused_by_the_database(race, appointments):
    all_here(appointments[:1], waiting=1)
    answers, steps = call_and_correct(race, appointments, "blind")
    assert answers["JustChanged"] == 3
    assert [step.number for step in steps] == [1, 2]


def test_its_twin_without_the_databases_promises_calls_who_was_taken_back(race, appointments):
    all_here(appointments[:1], waiting=1)
    drop_promises()
    _, steps = call_and_correct(race, appointments, "blind")
    assert [step.number for step in steps] == [1, 2, 2, 2, 2]


def test_one_child_at_many_desks_is_one_visit_and_one_ticket(race, appointments):
    answers = act_at_once(race, "check_in", [appointments[0].id] * DOORS, "sees")
    assert list(answers.values()) == [DOORS]
    assert (count(Encounter), count(Ticket), count(TicketStep)) == (1, 1, 1)


def test_many_children_at_many_desks_get_numbers_without_a_gap(race, appointments):
    act_at_once(race, "check_in", [appointment.id for appointment in appointments], "sees")
    numbers = sorted(db.session.scalars(select(Ticket.number)))
    assert numbers == list(range(1, DOORS + 1))


def test_desks_that_do_not_look_are_refused_a_second_visit(race, appointments):
    answers = act_at_once(race, "check_in", [appointments[0].id] * DOORS, "blind")
    assert answers["IntegrityError"] == DOORS - 1
    assert count(Encounter) == 1


def test_its_twin_without_the_databases_promises_opens_many(race, appointments):
    drop_promises()
    act_at_once(race, "check_in", [appointments[0].id] * DOORS, "blind")
    assert count(Encounter) == DOORS
