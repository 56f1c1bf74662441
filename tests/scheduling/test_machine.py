"""Whatever people do, in whatever order, while time goes on: every promise holds after each step.

Three families, two clinicians, reception, a manager and the worker use every verb there is. After
each step the whole database is read for broken promises, and what a search says is compared with
what follows from the places alone. `LONG=1` runs it for hours; a walk that failed once stays below.
"""

import os
from datetime import time, timedelta

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule, run_state_machine_as_test
from sqlalchemy import select

from clinic.centres.models import Closure, Leave
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import new_times
from clinic.scheduling.changes import applying, kinds, reopening
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, ClinicSession, RotaRule, WaitlistEntry
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.rounds import Round
from clinic.scheduling.timetable import release
from clinic.scheduling.timetable.extending import extend
from clinic.scheduling.timetable.rota import add_rule
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.waitlist import offering
from clinic.scheduling.work import look_for_entries, work
from tests.scheduling.cast import DAYS
from tests.scheduling.families import NUMBER, Families

WALL = st.sampled_from([time(8), time(9), time(9, 30), time(10), time(10, 30)])
LONG = "LONG" in os.environ


class Centre(Families):
    """What everybody may do. Rules take numbers: each stands for one of whatever there is."""

    # Reception and clinicians.

    @rule(which=NUMBER, verb=st.sampled_from(["check_in", "undo_check_in", "finish", "no_show"]))
    def on_the_day(self, which, verb):
        appointment = self.any_of(Appointment, which)
        if appointment is None:
            return
        rest = {"by": self.staff, "now": self.now}
        if verb == "no_show":
            self.try_to(lambda: attendance.mark_no_show(appointment, note="", **rest))
        elif verb == "finish":
            self.try_to(lambda: attendance.finish(appointment, note="", **rest))
        else:
            self.try_to(lambda: getattr(attendance, verb)(appointment, **rest))

    @rule(child=NUMBER)
    def lift_a_pause(self, child):
        who = self.children[child % 4]
        self.try_to(lambda: attendance.lift_pause(who, by=self.staff, now=self.now))

    # Managers.

    def change(self, make):
        """Show it, then do it; under a version that was never shown it is refused."""
        shown = self.try_to(lambda: applying.preview(make(), now=self.now))
        if shown is None:
            return
        rest = {"by": self.staff, "now": self.now}
        assert self.try_to(lambda: applying.apply(make(), "another", **rest)) is None
        done = self.try_to(lambda: applying.apply(make(), shown.version, **rest))
        assert done is not None, "nobody came in between, and yet it was stale"
        assert [one.id for one in done.displaced] == [one.id for one in shown.displaced]
        for one in done.displaced:
            self.try_to(lambda one=one: new_times.offer_to(one.id, now=self.now))

    @rule(
        kind=st.sampled_from(["close", "away", "shorten", "works_as", "end_rule"]),
        which=NUMBER,
        day=st.sampled_from(DAYS),
        start=WALL,
        end=WALL,
        capacity=st.sampled_from([None, 0, 1, 2, 3]),
        weekday=st.sampled_from([None, *range(7)]),
    )
    def change_hours(self, kind, which, day, start, end, capacity, weekday):
        def make():
            hours = (at(day, start), at(day, end))
            if kind == "close":
                room = [None, *self.rooms][which % 4]
                return kinds.Close(self.centre, *hours, "停电", "No power", room)
            if kind == "away":
                return kinds.Away(self.practitioners[which % 2], *hours)
            if kind == "works_as":
                return kinds.WorksAs(self.centre, day, weekday)
            if kind == "end_rule" and (one := self.any_of(RotaRule, which)):
                return kinds.EndRule(one, day)
            session = self.any_of(ClinicSession, which)
            return kinds.NewHours(session, start, end, capacity)

        self.change(make)

    @rule(which=NUMBER, closure=st.booleans())
    def lift(self, which, closure):
        shut = self.any_of(Closure if closure else Leave, which)
        if shut is not None:
            self.try_to(lambda: reopening.lift(shut, by=self.staff, now=self.now))

    @rule(which=NUMBER)
    def reopen(self, which):
        session = self.any_of(ClinicSession, which)
        self.try_to(lambda: reopening.reopen(session, by=self.staff, now=self.now))

    @rule(who=NUMBER, room=NUMBER, start=WALL, weekdays=st.sets(st.integers(0, 6), min_size=1))
    def add_to_the_rota(self, who, room, start, weekdays):
        weekly = Weekly(
            tuple(weekdays), start, time(11, 30), 15, valid_from=DAYS[0], online_percent=50
        )
        who, room = self.practitioners[who % 2], self.rooms[room % 3]
        rest = {"by": self.staff, "now": self.now}
        self.try_to(lambda: add_rule(who, room, self.services, weekly, **rest))

    @rule()
    def open_the_rota(self):
        self.try_to(lambda: extend([self.centre], *DAYS, now=self.now))
        again = self.try_to(lambda: extend([self.centre], *DAYS, now=self.now))
        assert (again.sessions, again.slots) == (0, 0)

    @rule(days=st.sampled_from([0, 1, 14]), service=NUMBER)
    def set_the_release(self, days, service):
        def verb():
            one = self.services[service % 3]
            rest = {"by": self.staff, "now": self.now}
            set_policy({"release_days": days}, service=one, centre=None, **rest)
            release.reschedule([one.id], now=self.now)

        self.try_to(verb)

    # The worker, and time.

    @rule()
    def let_the_worker_work(self):
        db.session.commit()
        for hold_id in offering.lapsed(now=self.now):
            self.try_to(lambda hold_id=hold_id: offering.lapse(hold_id, now=self.now))
        look_for_entries(Round(), now=self.now)
        assert found_by_a_full_look(self.now) == {}
        for one in new_times.not_offered_yet(now=self.now):
            self.try_to(lambda one=one: new_times.offer_to(one, now=self.now))

    @precondition(lambda self: self.any_of(RotaRule, 0) is None)
    @rule()
    def let_the_worker_do_a_round(self):
        db.session.commit()
        work(now=self.now)
        assert found_by_a_full_look(self.now) == {}

    @rule(minutes=st.sampled_from([1, 10, 30, 60, 6 * 60, 20 * 60]))
    def time_goes_on(self, minutes):
        self.now += timedelta(minutes=minutes)


def found_by_a_full_look(now):
    """What is found for the entries of one child, each looked for anew, whatever changed or did not.

    How many places a slot has left has no version, so siblings are looked for each minute instead.
    """
    found = {}
    for entry in db.session.scalars(select(WaitlistEntry).where(WaitlistEntry.ended_at.is_(None))):
        if len(entry.children) == 1 and (slots := offering.look_for([entry.id], now=now)):
            found[entry.id] = slots
    db.session.rollback()
    return found


@pytest.mark.heavy("long walks")
def test_whatever_happens_every_promise_holds(both, migrated):
    Centre.template = migrated
    run_state_machine_as_test(
        Centre,
        settings=settings(
            max_examples=20_000 if LONG else 25,
            stateful_step_count=100 if LONG else 40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


WHOLE_DAY = {"start": time(8), "end": time(10, 30), "capacity": None, "weekday": None}
WALKS = {
    "a kept new time that is over is not free online where the share is full": [
        ("book", {"wishes": [(2, 0, 8)], "online": True}),
        ("book", {"wishes": [(3, 0, 9)], "online": True}),
        ("change_hours", {"kind": "away", "which": 0, "day": DAYS[0], **WHOLE_DAY}),
        ("change_hours", {"kind": "away", "which": 0, "day": DAYS[1], **WHOLE_DAY}),
        ("time_goes_on", {"minutes": 20 * 60}),
        ("time_goes_on", {"minutes": 6 * 60}),
    ],
    "what was taken out while the centre was shut stays out when that is lifted": [
        ("book", {"wishes": [(2, 0, 0)], "online": True}),
        ("change_hours", {"kind": "close", "which": 0, "day": DAYS[0], **WHOLE_DAY}),
        (
            "change_hours",
            {"kind": "shorten", "which": 0, "day": DAYS[0], **WHOLE_DAY} | {"capacity": 0},
        ),
        ("lift", {"which": 0, "closure": True}),
        ("reopen", {"which": 0}),
    ],
    "two parents of one child keep no more than the family may": [
        *(
            ("hold", {"child": 0, "service": n, "slot": 2 * n, "first": n % 2 == 0})
            for n in range(3)
        ),
        *(("hold", {"child": 1, "service": n, "slot": 2 * n + 1, "first": True}) for n in range(3)),
    ],
}


@pytest.mark.parametrize("walk", WALKS)
def test_a_walk_that_failed_once(both, migrated, walk):
    Centre.template = migrated
    state = Centre()
    for rule_name, values in WALKS[walk]:
        getattr(state, rule_name)(**values)
        state.look_at_everything()
