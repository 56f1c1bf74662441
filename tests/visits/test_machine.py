"""Whatever is done at the desks and in the rooms, in whatever order: what is promised holds after each step."""

import os
from datetime import time, timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test
from sqlalchemy import select

from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.visits import arriving, line
from clinic.visits.models import Encounter, Ticket, TicketStep
from clinic.visits.queries import is_for
from clinic.visits.rules import BUSY, MACHINE, OPEN, State, Verb
from clinic.visits.stations import stations
from tests.makes import NOON, make_child
from tests.scheduling.cast import wipe
from tests.world import World

LONG = "LONG" in os.environ
NUMBER = st.integers(0, 12)
STATION = st.sampled_from([*stations()])


class Hall(RuleBasedStateMachine):
    """A centre's afternoon: three children, two of them booked twice, two rooms."""

    template = None  # the path of a SQLite database without rows

    def __init__(self):
        super().__init__()
        wipe(self.template)
        children = [make_child() for _ in range(3)]
        hours = {"day": clinic_day(NOON), "opens": time(13), "closes": time(15), "capacity": 3}
        jabs = World("vaccination", hours=hours)
        checks = World("checkups", centre=jabs.centre, hours=hours)
        for child in children:
            jabs.book(child=child)
        for child in children[:2]:
            checks.book(2, child=child)
        self.rooms = [jabs.room, checks.room]
        self.people = [jabs.reception, jabs.staff(Role.CLINICIAN)]
        self.centre_id, self.now = jabs.centre.id, NOON

    def try_to(self, verb):
        try:
            verb()
            db.session.commit()
        except DomainError:
            db.session.rollback()

    def one_of(self, table, number):
        rows = db.session.scalars(select(table).order_by(table.id)).all()
        return rows[number % len(rows)] if rows else None

    @rule(which=NUMBER)
    def check_in(self, which):
        one = self.one_of(Appointment, which)
        self.try_to(lambda: arriving.check_in(one, by=self.people[0], now=self.now))

    @rule(which=NUMBER)
    def check_in_a_family(self, which):
        family = arriving.family_of(self.one_of(Appointment, which), self.now)
        self.try_to(lambda: arriving.check_in_family(family, by=self.people[0], now=self.now))

    @rule(which=NUMBER)
    def take_a_check_in_back(self, which):
        one = self.one_of(Appointment, which)
        self.try_to(lambda: arriving.undo_check_in(one, by=self.people[0], now=self.now))

    @rule(station=STATION, who=NUMBER, room=NUMBER)
    def call_next(self, station, who, room):
        by, room = self.people[who % 2], self.rooms[room % 2]
        self.try_to(lambda: line.call_next(self.centre_id, station, room, by=by, now=self.now))

    @rule(which=NUMBER, who=NUMBER, verb=st.sampled_from([*Verb]), station=STATION, room=NUMBER)
    def do(self, which, who, verb, station, room):
        ticket = self.one_of(Ticket, which)
        if ticket is None:
            return
        room = self.rooms[room % 2]
        more = {Verb.CALL: (room,), Verb.HAND_OVER: (station, room)}.get(verb, ())
        facts = {"seen": ticket.steps, "by": self.people[who % 2], "now": self.now}
        self.try_to(lambda: getattr(line, verb)(ticket, *more, **facts))

    @rule(minutes=st.sampled_from([1, 4, 12, 30]))
    def time_goes_on(self, minutes):
        self.now += timedelta(minutes=minutes)

    @invariant()
    def a_child_is_in_one_place_and_has_one_visit(self):
        for child_id in db.session.scalars(select(Appointment.child_id).distinct()):
            visits = db.session.scalars(select(Encounter).filter_by(child_id=child_id)).all()
            tickets = [ticket for visit in visits for ticket in visit.tickets]
            assert sum(visit.closed_at is None for visit in visits) <= 1
            assert sum(ticket.state in BUSY for ticket in tickets) <= 1

    @invariant()
    def a_visit_is_closed_when_its_tickets_are(self):
        for visit in db.session.scalars(select(Encounter)):
            over = all(ticket.state in (State.DONE, State.VOID) for ticket in visit.tickets)
            assert (visit.closed_at is not None) is over

    @invariant()
    def tickets_stand_as_their_last_step_says_and_went_ways_that_the_table_knows(self):
        for ticket in db.session.scalars(select(Ticket)):
            query = select(TicketStep).filter_by(ticket_id=ticket.id).order_by(TicketStep.number)
            steps = db.session.scalars(query).all()
            assert [step.number for step in steps] == [*range(1, ticket.steps + 1)]
            assert (steps[-1].state, steps[-1].station) == (ticket.state, ticket.station)
            for before, after in pairwise(steps):
                if after.verb != "take_back":
                    known = MACHINE[before.state, Verb(after.verb)].to
                    assert known in (None, after.state)

    @invariant()
    def who_is_here_has_a_ticket_and_an_open_ticket_is_of_who_is_here(self):
        rows = db.session.scalars(select(Appointment)).all()
        here = [row for row in rows if status_of(row) is Status.ARRIVED]
        assert all(arriving.ticket_of(appointment) for appointment in here)
        for ticket in db.session.scalars(select(Ticket).where(Ticket.state.in_(OPEN))):
            assert any(is_for(ticket, appointment) for appointment in here)


@pytest.mark.heavy("long walks")
@pytest.mark.usefixtures("both")
def test_whatever_happens_in_the_hall_every_promise_holds(migrated):
    Hall.template = migrated
    run_state_machine_as_test(
        Hall,
        settings=settings(
            max_examples=5_000 if LONG else 15,
            stateful_step_count=100 if LONG else 30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
