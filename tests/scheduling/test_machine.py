"""Whatever people do, in whatever order, while time goes on: every promise holds after each step.

Three families, two clinicians, reception, a manager and the worker use every verb there is. After
each step the whole database is read for broken promises, and what a search says is compared with
what follows from the places alone. `LONG=1` runs it for hours; a walk that failed once stays below.
"""

import os
import sqlite3
from datetime import time, timedelta
from itertools import count

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select, text

from clinic.accounts.models import Role
from clinic.centres.models import Closure, Leave, ServiceKind
from clinic.clock import at
from clinic.db import Base, db
from clinic.errors import DomainError
from clinic.scheduling import attendance, booking, changing, holding, new_times, release, waiting
from clinic.scheduling.models import (
    Appointment,
    Booking,
    Channel,
    ClinicSession,
    Hold,
    HoldFor,
    Place,
    RotaRule,
    Slot,
    SlotService,
    WaitlistEntry,
)
from clinic.scheduling.parts import PARTS
from clinic.scheduling.policies import policy_for, set_policy
from clinic.scheduling.queries import offers, slots_for
from clinic.scheduling.rota import Weekly, add_rule, extend
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.wanted import Wanted
from clinic.scheduling.work import work
from tests.makes import (
    NOON,
    TOMORROW,
    make_child,
    make_guardianship,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
)

DAYS = (TOMORROW, TOMORROW + timedelta(days=1))
NUMBER = st.integers(0, 30)
WALL = st.sampled_from([time(8), time(9), time(9, 30), time(10), time(10, 30)])
HOUR = {"opens": time(9), "closes": time(10)}
LONG = "LONG" in os.environ
_keys = count(1)


class Centre(RuleBasedStateMachine):
    """One centre for two days. Rules take numbers: each stands for one of whatever there is."""

    template = None  # the path of a SQLite database without rows

    def __init__(self):
        super().__init__()
        wipe(self.template)
        self.now = NOON
        self.made = 0  # appointments that somebody was told about
        self.over = set()  # offers that were seen to be over
        self.people()
        self.calendar()
        db.session.commit()

    def people(self):
        mother, father, other, third = (make_user() for _ in range(4))
        self.parents = [mother, other, third, father]
        self.children = [make_child(one) for one in (mother, mother, other, third)]
        make_guardianship(father, self.children[0])

    def calendar(self):
        self.services = [
            make_service(ServiceKind.PEDIATRICS, minutes=15),
            make_service(ServiceKind.REHAB, minutes=30),
            make_service(ServiceKind.VACCINATION, minutes=15),
        ]
        for one in self.services:
            set_policy({"per_day": 2}, service=one, centre=None, by=None, now=NOON)
        first = make_practitioner(self.services)
        self.practitioners = [first, make_practitioner(self.services, centre=first.centre)]
        self.centre = first.centre
        self.rooms = [make_room(self.centre) for _ in range(3)]
        self.staff = make_user(Role.MANAGER, centre=self.centre)
        for day in DAYS:
            one, two = self.practitioners
            make_session(one, self.rooms[0], self.services[:2], day, by=self.staff, **HOUR)
            share = {"capacity": 2, "online_capacity": 1}
            make_session(two, self.rooms[1], self.services, day, by=self.staff, **HOUR, **share)

    # How the rules speak.

    def try_to(self, verb):
        """Do it and commit; what the house refuses leaves nothing behind."""
        try:
            done = verb()
            db.session.commit()
        except DomainError:
            db.session.rollback()
            return None
        return done

    def wish(self, child, service, slot, **kw):
        """A child at one of the slots of a service; None where the service has too few of them left."""
        service = self.services[service % 3]
        query = select(SlotService.slot_id).where(SlotService.service_id == service.id)
        slots = db.session.scalars(query.order_by(SlotService.starts_at, SlotService.slot_id)).all()
        child = self.children[child % 4]
        return Wanted(child, service, slots_for(service, slots[slot % len(slots)]), **kw)

    def any_of(self, model, number, *where):
        rows = db.session.scalars(select(model).where(*where).order_by(model.id)).all()
        return rows[number % len(rows)] if rows else None

    # Families.

    @rule(child=NUMBER, service=NUMBER, slot=NUMBER, first=st.booleans())
    def hold(self, child, service, slot, first):
        mother, other, third, father = self.parents
        by = [mother if first else father, mother, other, third][child % 4]
        self.try_to(lambda: holding.hold(self.wish(child, service, slot), by=by, now=self.now))

    @rule(service=NUMBER, slot=NUMBER, other=NUMBER)
    def hold_for_siblings(self, service, slot, other):
        self.try_to(
            lambda: holding.hold_together(
                [self.wish(0, service, slot), self.wish(1, service, other)],
                by=self.parents[0],
                now=self.now,
            )
        )

    @rule(slot=NUMBER)
    def hold_with_anyone(self, slot):
        def verb():
            wanted = self.wish(0, 0, slot)
            free = holding.whoever_is_free(wanted.service, wanted.slots[0].id, now=self.now)
            chosen = Wanted(wanted.child, wanted.service, slots_for(wanted.service, free[0]))
            return holding.hold(chosen, by=self.parents[0], now=self.now)

        self.try_to(verb)

    @rule(which=NUMBER)
    def confirm(self, which):
        lead = self.any_of(
            Hold, which, Hold.lead_id.is_(None), Hold.moves_id.is_(None), Hold.booking_id.is_(None)
        )
        if lead is None:
            return
        was_over = lead.id in self.over

        def verb():
            wanted = [
                Wanted(one.child, one.service, slots_for(one.service, one.slot_id), hold=one)
                for one in holding.group_of(lead)
            ]
            key = f"hold:{lead.id}"
            by = db.session.get_one(type(self.staff), lead.user_id)
            once = {"by": by, "key": key, "channel": Channel.ONLINE, "now": self.now}
            made = booking.book(wanted, **once)
            assert booking.book(wanted, **once) is made  # the same form again
            return made

        if made := self.try_to(verb):
            assert not was_over, "a used offer came back"
            self.made += len(made.appointments)

    @rule(which=NUMBER)
    def take_a_new_time(self, which):
        kept = self.any_of(Hold, which, Hold.moves_id.is_not(None), Hold.booking_id.is_(None))
        if kept is None or kept.moves is None:
            return

        def verb():
            slots = slots_for(kept.service, kept.slot_id)
            wanted = Wanted(kept.child, kept.service, slots, hold=kept)
            return booking.move(kept.moves, wanted, by=self.parents[0], online=True, now=self.now)

        self.try_to(verb)

    @rule(which=NUMBER)
    def release(self, which):
        kept = self.any_of(Hold, which, Hold.lead_id.is_(None), Hold.moves_id.is_(None))
        if kept is not None:
            self.try_to(lambda: holding.release(kept, now=self.now))

    @rule(
        wishes=st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=1, max_size=3),
        online=st.booleans(),
    )
    def book(self, wishes, online):
        made = self.try_to(
            lambda: booking.book(
                [self.wish(*one) for one in wishes],
                by=self.parents[0],
                key=f"machine:{next(_keys)}",
                channel=Channel.ONLINE if online else Channel.DESK,
                now=self.now,
            )
        )
        self.made += len(made.appointments) if made else 0

    @rule(which=NUMBER, slot=NUMBER, online=st.booleans())
    def move(self, which, slot, online):
        appointment = self.any_of(Appointment, which)
        if appointment is None:
            return
        reference = appointment.booking.reference

        def verb():
            number = self.services.index(appointment.service)
            wanted = self.wish(self.children.index(appointment.child), number, slot)
            by = self.parents[0] if online else self.staff
            return booking.move(appointment, wanted, by=by, online=online, now=self.now)

        self.try_to(verb)
        assert appointment.booking.reference == reference

    @rule(slots=st.lists(NUMBER, min_size=2, max_size=3))
    def move_together(self, slots):
        found = db.session.scalars(
            select(Appointment).where(Appointment.cancelled_at.is_(None)).order_by(Appointment.id)
        ).all()
        mine = [one for one in found if one.child == self.children[0]][: len(slots)]
        if not mine:
            return

        def verb():
            moves = [
                (one, self.wish(0, self.services.index(one.service), slot))
                for one, slot in zip(mine, slots, strict=False)
            ]
            booking.move_all(moves, by=self.parents[0], online=True, now=self.now)

        self.try_to(verb)

    @rule(which=NUMBER, online=st.booleans())
    def cancel(self, which, online):
        appointment = self.any_of(Appointment, which)
        if appointment is not None:
            by = self.parents[0]
            self.try_to(lambda: booking.cancel(appointment, by=by, online=online, now=self.now))

    @rule(children=st.sets(st.integers(0, 3), min_size=1, max_size=2), service=NUMBER, day=NUMBER)
    def wait(self, children, service, day):
        self.try_to(
            lambda: waiting.join(
                self.parents[max(0, min(children) - 1)],
                [self.children[one] for one in sorted(children)],
                self.services[service % 3],
                [self.centre],
                weekdays=range(7),
                parts=list(PARTS),
                first_day=DAYS[0],
                last_day=DAYS[day % 2],
                now=self.now,
            )
        )

    @rule(which=NUMBER)
    def wait_no_longer(self, which):
        entry = self.any_of(WaitlistEntry, which)
        if entry is not None:
            self.try_to(lambda: waiting.leave(entry, by=self.parents[0], now=self.now))

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
        shown = self.try_to(lambda: changing.preview(make(), now=self.now))
        if shown is None:
            return
        rest = {"by": self.staff, "now": self.now}
        assert self.try_to(lambda: changing.apply(make(), "another", **rest)) is None
        done = self.try_to(lambda: changing.apply(make(), shown.version, **rest))
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
                return changing.Close(self.centre, *hours, "停电", "No power", room)
            if kind == "away":
                return changing.Away(self.practitioners[which % 2], *hours)
            if kind == "works_as":
                return changing.WorksAs(self.centre, day, weekday)
            if kind == "end_rule" and (one := self.any_of(RotaRule, which)):
                return changing.EndRule(one, day)
            session = self.any_of(ClinicSession, which)
            return changing.Shorten(session, start, end, capacity)

        self.change(make)

    @rule(which=NUMBER, closure=st.booleans())
    def lift(self, which, closure):
        shut = self.any_of(Closure if closure else Leave, which)
        if shut is not None:
            self.try_to(lambda: changing.lift(shut, by=self.staff, now=self.now))

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
        for entry_id in waiting.everybody(now=self.now):
            self.try_to(lambda entry_id=entry_id: waiting.look_for(entry_id, now=self.now))
        for hold_id in waiting.lapsed(now=self.now):
            self.try_to(lambda hold_id=hold_id: waiting.lapse(hold_id, now=self.now))
        for one in new_times.not_offered_yet():
            self.try_to(lambda one=one: new_times.offer_to(one, now=self.now))

    @precondition(lambda self: self.any_of(RotaRule, 0) is None)
    @rule()
    def let_the_worker_do_a_round(self):
        db.session.commit()
        work(now=self.now)

    @rule(minutes=st.sampled_from([1, 10, 30, 60, 6 * 60, 20 * 60]))
    def time_goes_on(self, minutes):
        self.now += timedelta(minutes=minutes)

    # What always holds.

    @invariant()
    def every_promise_is_kept(self):
        assert broken_promises(now=self.now) == []
        db.session.commit()

    @invariant()
    def nobody_is_lost(self):
        assert db.session.scalar(select(func.count(Appointment.id))) == self.made
        without = select(func.count(Booking.id)).where(~Booking.appointments.any())
        assert db.session.scalar(without) == 0
        theirs = {one.id for one in new_times.waiting()}
        every = db.session.scalars(select(Appointment)).all()
        displaced = {one.id for one in every if status_of(one) is Status.DISPLACED}
        assert theirs == displaced

    @invariant()
    def a_search_says_what_follows_from_the_places(self):
        for service in self.services:
            rows = offers(
                service,
                [self.centre.id],
                self.now,
                self.now + timedelta(days=60),
                now=self.now,
                everything=True,
            )
            said = {one.slot_ids: one.is_free for one in rows}
            free = free_by_places(service, self.now)
            assert said == {run: all(one in free for one in run) for run in said}

    @invariant()
    def offers_are_fair(self):
        offered = db.session.scalars(
            select(Hold).where(Hold.purpose == HoldFor.WAITLIST, Hold.lead_id.is_(None))
        ).all()
        live = [one for one in offered if not one.ended_at and not one.booking_id]
        assert len(live) == len({one.entry_id for one in live}), "two offers to one family"
        assert all(one.expires_at <= one.slot.starts_at for one in live)
        assert self.over <= {one.id for one in offered if one.ended_at or one.booking_id}
        self.over |= {one.id for one in offered if one.ended_at}

    @invariant()
    def nobody_keeps_more_than_their_share(self):
        most = policy_for(self.services[0].id, self.centre.id).holds_per_family
        assert all(holding.held_by_family(one, now=self.now) <= most for one in self.parents)


def free_by_places(service, now):
    """The slots of the service with a place to be had online, worked out from places alone."""
    query = (
        select(Slot, SlotService.opens_at)
        .join(SlotService, SlotService.slot_id == Slot.id)
        .where(SlotService.service_id == service.id)
    )
    kept = {}
    for place in db.session.scalars(select(Place)):
        if place.expires_at is None or place.expires_at > now:
            kept.setdefault(place.slot_id, []).append(place.online)
    free = set()
    for slot, opens_at in db.session.execute(query):
        taken = kept.get(slot.id, [])
        let_go = slot.desk_until is not None and slot.desk_until <= now
        share = slot.capacity if let_go else slot.online_capacity
        is_free = len(taken) < slot.capacity and sum(taken) < share
        if is_free and slot.closed_at is None and opens_at <= now:
            free.add(slot.id)
    return free


def wipe(template):
    """The same database, without rows."""
    db.session.remove()
    if db.engine.dialect.name == "sqlite":
        empty, connection = sqlite3.connect(template), db.engine.raw_connection()
        empty.backup(connection.driver_connection)
        connection.close()
        empty.close()
        return
    tables = ", ".join(Base.metadata.tables)
    db.session.execute(text(f"TRUNCATE {tables} RESTART IDENTITY CASCADE"))
    db.session.commit()


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
