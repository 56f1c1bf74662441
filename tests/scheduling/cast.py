"""Who takes part in the walks of `test_machine`, and what always holds while they do what they do."""

import sqlite3
from datetime import time, timedelta

from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
)
from sqlalchemy import func, select, text

from clinic.accounts.models import Role
from clinic.db import Base, db
from clinic.errors import DomainError
from clinic.scheduling.appointments import new_times
from clinic.scheduling.models import (
    Appointment,
    Booking,
    Hold,
    HoldFor,
    Place,
    Slot,
    SlotService,
)
from clinic.scheduling.policies.stored import policy_for, set_policy
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import find_slot_times, slots_for
from clinic.scheduling.verify import broken_promises
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
HOUR = {"opens": time(9), "closes": time(10)}


class Cast(RuleBasedStateMachine):
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
        self.families = [[mother, father], [other], [third]]
        self.children = [make_child(person) for person in (mother, mother, other, third)]
        make_guardianship(father, self.children[0])

    def calendar(self):
        self.services = [
            make_service("pediatrics", minutes=15),
            make_service("rehab", minutes=30),
            make_service("vaccination", minutes=15),
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
        return Request(child, service, slots_for(service, slots[slot % len(slots)]), **kw)

    def any_of(self, model, number, *where):
        rows = db.session.scalars(select(model).where(*where).order_by(model.id)).all()
        return rows[number % len(rows)] if rows else None

    # What always holds.

    def look_at_everything(self):
        """All of it once, for a walk that is told step by step."""
        self.every_promise_is_kept()
        self.nobody_is_lost()
        self.a_search_says_what_follows_from_the_places()
        self.offers_are_fair()
        self.nobody_keeps_more_than_their_share()

    @invariant()
    def every_promise_is_kept(self):
        assert broken_promises(now=self.now) == []
        db.session.commit()

    @invariant()
    def nobody_is_lost(self):
        assert db.session.scalar(select(func.count(Appointment.id))) == self.made
        without = select(func.count(Booking.id)).where(~Booking.appointments.any())
        assert db.session.scalar(without) == 0
        theirs = {appointment.id for appointment in new_times.waiting()}
        every = db.session.scalars(select(Appointment)).all()
        displaced = {
            appointment.id for appointment in every if status_of(appointment) is Status.DISPLACED
        }
        assert theirs == displaced

    @invariant()
    def a_search_says_what_follows_from_the_places(self):
        for service in self.services:
            rows = find_slot_times(
                service,
                [self.centre.id],
                self.now,
                self.now + timedelta(days=60),
                now=self.now,
                everything=True,
            )
            said = {row.slot_ids: row.is_free for row in rows}
            free = free_by_places(service, self.now)
            assert said == {run: all(one in free for one in run) for run in said}

    @invariant()
    def offers_are_fair(self):
        offered = db.session.scalars(
            select(Hold).where(Hold.purpose == HoldFor.WAITLIST, Hold.lead_id.is_(None))
        ).all()
        live = [hold for hold in offered if not hold.ended_at and not hold.booking_id]
        assert len(live) == len({hold.entry_id for hold in live}), "two offers to one family"
        assert all(hold.expires_at <= hold.slot.starts_at for hold in live)
        assert self.over <= {hold.id for hold in offered if hold.ended_at or hold.booking_id}
        self.over |= {hold.id for hold in offered if hold.ended_at}

    @invariant()
    def nobody_keeps_more_than_their_share(self):
        most = policy_for(self.services[0].id, self.centre.id).holds_per_family
        open_forms = select(func.count(Hold.id)).where(
            Hold.purpose == HoldFor.FORM,
            Hold.lead_id.is_(None),
            Hold.booking_id.is_(None),
            Hold.expires_at > self.now,
        )
        for family in self.families:
            theirs = Hold.user_id.in_([one.id for one in family])
            assert db.session.scalar(open_forms.where(theirs)) <= most


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
        is_open = slot.desk_until is not None and slot.desk_until <= now
        share = slot.capacity if is_open else slot.online_capacity
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
