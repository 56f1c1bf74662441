"""What families do in the walk of every verb: keep, book, move, cancel, wait."""

from itertools import count

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select

from clinic.db import db
from clinic.scheduling.appointments import anyone, booking, holding, moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.dayparts import PARTS
from clinic.scheduling.models import Appointment, Channel, Hold, WaitlistEntry
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.waitlist import joining
from tests.makes import make_hold
from tests.scheduling.cast import DAYS, Cast

NUMBER = st.integers(0, 30)
FAMILIES = [{0}, {1}, {0, 1}, {2}, {3}]  # children who have a guardian in common
_keys = count(1)


class Families(Cast):
    """What a family may do. Rules take numbers: each stands for one of whatever there is."""

    @rule(child=NUMBER, service=NUMBER, slot=NUMBER, first=st.booleans())
    def hold(self, child, service, slot, first):
        mother, other, third, father = self.parents
        by = [mother if first else father, mother, other, third][child % 4]
        self.try_to(lambda: make_hold(self.wish(child, service, slot), by=by, now=self.now))

    @rule(service=NUMBER, slot=NUMBER, other=NUMBER)
    def hold_for_siblings(self, service, slot, other):
        self.try_to(
            lambda: make_hold(
                self.wish(0, service, slot),
                self.wish(1, service, other),
                by=self.parents[0],
                now=self.now,
            )
        )

    @rule(slot=NUMBER)
    def hold_with_anyone(self, slot):
        def verb():
            wanted = self.wish(0, 0, slot)
            free = anyone.whoever_is_free(wanted.service, wanted.slots[0].id, now=self.now)
            chosen = Request(wanted.child, wanted.service, slots_for(wanted.service, free[0]))
            return make_hold(chosen, by=self.parents[0], now=self.now)

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
                Request(hold.child, hold.service, slots_for(hold.service, hold.slot_id), hold=hold)
                for hold in holding.group_of(lead)
            ]
            key = f"hold:{lead.id}"
            by = db.session.get_one(type(self.staff), lead.user_id)
            once = {"by": by, "key": key, "channel": Channel.ONLINE, "now": self.now}
            made = booking.book(wanted, **once).row
            assert booking.book(wanted, **once).row is made  # the same form again
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
            wanted = Request(kept.child, kept.service, slots, hold=kept)
            return moving.move(
                [Move(kept.moves, wanted)], by=self.parents[0], online=True, now=self.now
            )

        self.try_to(verb)

    @rule(which=NUMBER)
    def release(self, which):
        kept = self.any_of(Hold, which, Hold.lead_id.is_(None), Hold.moves_id.is_(None))
        if kept is not None:
            self.try_to(lambda: holding.give_up(kept, now=self.now))

    @rule(
        wishes=st.lists(st.tuples(NUMBER, NUMBER, NUMBER), min_size=1, max_size=3),
        online=st.booleans(),
    )
    def book(self, wishes, online):
        made = self.try_to(
            lambda: (
                booking.book(
                    [self.wish(*wish) for wish in wishes],
                    by=self.parents[0],
                    key=f"machine:{next(_keys)}",
                    channel=Channel.ONLINE if online else Channel.DESK,
                    now=self.now,
                ).row
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
            return moving.move([Move(appointment, wanted)], by=by, online=online, now=self.now)

        self.try_to(verb)
        assert appointment.booking.reference == reference

    @rule(slots=st.lists(NUMBER, min_size=2, max_size=3))
    def move_together(self, slots):
        found = db.session.scalars(
            select(Appointment).where(Appointment.cancelled_at.is_(None)).order_by(Appointment.id)
        ).all()
        mine = [appointment for appointment in found if appointment.child == self.children[0]][
            : len(slots)
        ]
        if not mine:
            return

        def verb():
            moves = [
                (one, self.wish(0, self.services.index(one.service), slot))
                for one, slot in zip(mine, slots, strict=False)
            ]
            moving.move(
                [Move(*each) for each in moves], by=self.parents[0], online=True, now=self.now
            )

        self.try_to(verb)

    @rule(which=NUMBER, online=st.booleans())
    def cancel(self, which, online):
        appointment = self.any_of(Appointment, which)
        if appointment is not None:
            by = self.parents[0]
            self.try_to(lambda: booking.cancel(appointment, by=by, online=online, now=self.now))

    @rule(children=st.sampled_from(FAMILIES), service=NUMBER, day=NUMBER)
    def wait(self, children, service, day):
        self.try_to(
            lambda: joining.join(
                self.parents[max(0, min(children) - 1)],
                [self.children[child] for child in sorted(children)],
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
            self.try_to(lambda: joining.leave(entry, by=self.parents[0], now=self.now))
