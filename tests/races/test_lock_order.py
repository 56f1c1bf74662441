"""Verbs that cross wait for each other in no ring: each case has a twin that breaks one rule of the order.

On PostgreSQL: where writers stand in a line, none waits for another in a ring. Nobody sees a ring:
who is rolled back is tried again, after the second that PostgreSQL takes to notice.
"""

from datetime import time, timedelta

import pytest

from clinic.db import db
from clinic.scheduling.appointments import new_times
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import marks, offering
from tests.makes import NOON, TOMORROW, make_appointment, make_child, make_service
from tests.races import crossing
from tests.races.crossing import act, cross, deadlocks, stop_and_act
from tests.races.doors import Somebody, at_once, let_go
from tests.scheduling.changes.clinic import Clinic
from tests.world import World

LATER = TOMORROW + timedelta(days=1)
TOMORROW_MORNING = {"parts": ("morning",), "first_day": TOMORROW, "last_day": TOMORROW}


class TwoOfTwo(World):
    """Two slots with two places each, one of each taken; two families wait for both slots in a row."""

    def __init__(self):
        super().__init__(minutes=30)
        short = make_service()
        self.also_gives(short)
        slots = self.open(closes=time(9, 30), capacity=2).slots
        self.visits = [make_appointment(service=short, slot=slot).id for slot in slots]
        self.entries = [self.join(**TOMORROW_MORNING).id for _ in "ab"]

    def cancel_both(self, race, manner):
        """Both are locked before either is offered to who waits."""
        people = [
            Somebody(race, stop_and_act, manner, crossing.cancel, visit) for visit in self.visits
        ]
        for person in people:
            person.hear("ready")
            person.go()
        for person in people:
            person.hear("locked")
        return let_go(people)

    def offered(self):
        return [entry_id for entry_id in self.entries if offering.live_offers(entry_id)]


def test_who_offers_what_another_has_locked_does_not_wait_for_it(postgres_race):
    two = TwoOfTwo()

    assert two.cancel_both(postgres_race, "in order") == ["cancelled"] * 2
    assert deadlocks() == 0
    for entry_id in two.entries:  # as the worker does
        offering.look_for([entry_id], now=NOON)
    db.session.commit()
    assert two.offered() == two.entries
    assert broken_promises() == []


def test_its_twin_that_waits_meets_in_a_ring(postgres_race):
    two = TwoOfTwo()

    assert two.cancel_both(postgres_race, "queues") == ["cancelled"] * 2
    assert deadlocks() >= 1
    assert two.offered() == two.entries
    assert broken_promises() == []


def course():
    """Two visits of a child; the slot of the later day came first. Both are cancelled."""
    world = World()
    later, sooner = (world.open(day) for day in (LATER, TOMORROW))
    visits = [world.book(session=session, child=world.child).id for session in (sooner, later)]
    return (crossing.cancel_all, *visits), [later.slots[0].id, sooner.slots[0].id]


def nobody_came():
    """The same; neither visit took place."""
    (_, *visits), both = course()
    return (crossing.missed, *visits), both


def offer_in_two_sessions():
    """Two places are offered to siblings, one with each of two clinicians; the second has other hours."""
    world = World(hours={"closes": time(9, 15)})
    hours = {"opens": time(9, 15), "closes": time(9, 30)}
    sessions = [world.session, world.open(practitioner=world.colleague(), **hours)]
    world.join(2, **TOMORROW_MORNING)
    both = [session.slots[0].id for session in sessions]
    [slots] = offering.look_for(marks.next_marked(now=NOON), now=NOON).values()
    assert slots == set(both)
    return (crossing.move_session, sessions[1].id, LATER), both


def lost_its_time(number):
    """A clinic that was shut when the visit in the slot of that number was to be; the visit."""
    clinic = Clinic(capacity=2)
    visit = clinic.book(number)
    clinic.do(Close(clinic.centre, visit.starts_at, visit.ends_at, "检修", "Repairs"))
    return clinic, visit


def takes_another():
    """Two new times are kept for a visit; the family takes a third, after them."""
    clinic, visit = lost_its_time(0)
    kept = [hold.slot_id for hold in new_times.offer_to(visit.id, now=NOON)]
    last = clinic.session.slots[-1].id
    return (crossing.move, visit.id, last), [kept[0], last]


def comes_back():
    """New times are kept for a visit before and after its own; the closure is lifted."""
    _, visit = lost_its_time(5)
    kept = [hold.slot_id for hold in new_times.offer_to(visit.id, now=NOON)]
    return (crossing.lift,), [min(kept), visit.slot_id]


def offer_in_two_slots():
    """Two places are offered to siblings; the centre is shut when the second is."""
    clinic = Clinic()
    clinic.join(2, **TOMORROW_MORNING)
    first, second, *_ = clinic.session.slots
    [slots] = offering.look_for(marks.next_marked(now=NOON), now=NOON).values()
    assert slots == {first.id, second.id}
    return (crossing.shut, second.starts_at, second.ends_at), [first.id, second.id]


CROSSINGS = {
    "a course is cancelled": (course, "one by one", "cancelled"),
    "several did not come": (nobody_came, "one by one", "missed"),
    "a new time of its own": (takes_another, "own only", "moved"),
    "a closure is lifted": (comes_back, "own only", "lifted"),
    "an offer ends with its hours": (offer_in_two_slots, "own only", "shut"),
    "an offer ends with a session": (offer_in_two_sessions, "own only", "moved"),
}


@pytest.mark.parametrize("case", CROSSINGS)
@pytest.mark.parametrize("is_broken", [False, True], ids=["in order", "twin"])
def test_what_a_verb_frees_it_has_locked_from_the_start(postgres_race, case, is_broken):
    """It stops half way, and somebody comes who wants both slots, the one that it had not locked first."""
    make, rule, ended = CROSSINGS[case]
    deed, both = make()
    db.session.commit()
    stopped = Somebody(postgres_race, stop_and_act, rule if is_broken else "in order", *deed)
    other = Somebody(postgres_race, act, "in order", crossing.take_both, *both)

    assert cross(stopped, other) == [ended, "had both"]
    assert bool(deadlocks()) == is_broken
    assert broken_promises() == []


@pytest.mark.parametrize("manner", ["in order", "queues"])
def test_a_new_time_is_not_waited_for_by_who_has_the_visit(postgres_race, manner):
    """The family takes, at that moment, the time that was to be kept for it."""
    clinic, visit = lost_its_time(0)
    wanted = clinic.session.slots[1].id
    db.session.commit()
    worker = Somebody(postgres_race, stop_and_act, manner, crossing.offer, visit.id)
    family = Somebody(postgres_race, act, manner, crossing.move, visit.id, wanted)

    assert cross(worker, family) == ["offered", "moved"]
    assert bool(deadlocks()) == (manner == "queues")
    db.session.refresh(visit)
    assert visit.slot_id == wanted
    assert new_times.kept_for(visit, now=NOON) == []
    assert broken_promises() == []


def a_family_at_the_desk(race, manner):
    """It is booked there, and keeps the same slot by telephone while the desk has found it."""
    clinic, child = Clinic(capacity=2), make_child()
    what = (child.id, clinic.session.slots[0].id)
    desk = Somebody(race, stop_and_act, manner, crossing.walk_in, *what)
    return desk, Somebody(race, act, manner, crossing.keep, *what)


def test_who_keeps_a_place_for_a_guardian_does_not_wait_for_the_desk(postgres_race):
    desk, family = a_family_at_the_desk(postgres_race, "in order")
    desk.hear("ready")
    desk.go()
    desk.hear("locked")
    assert at_once([family]) == ["kept"]
    desk.go()
    assert desk.answer() == "booked"
    assert broken_promises() == []


def test_its_twin_whose_desk_has_the_whole_row_meets_it_in_a_ring(postgres_race):
    assert cross(*a_family_at_the_desk(postgres_race, "whole row")) == ["booked", "kept"]
    assert deadlocks() >= 1
