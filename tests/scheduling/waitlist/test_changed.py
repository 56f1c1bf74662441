"""A round looks only for entries for which something changed, and finds what a full look finds."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select, update

from clinic.clock import at
from clinic.db import db
from clinic.scheduling import work as working
from clinic.scheduling.appointments import booking, moving
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Place, SlotService
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.waitlist import changed
from clinic.scheduling.waitlist.finding import Finder
from clinic.scheduling.waitlist.offering import live_offers
from clinic.scheduling.work import work
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_hold,
    make_service,
    make_slot,
    make_user,
)
from tests.queries import count_queries
from tests.world import World

pytestmark = pytest.mark.usefixtures("both")
A_MINUTE = timedelta(minutes=1)


class Clinic(World):
    """A session tomorrow from nine to half past nine, both times booked."""

    def __init__(self):
        super().__init__(hours={"closes": time(9, 30)})
        self.taken = [self.book(number) for number in range(2)]

    def wait(self, child=None, *, parts=("morning",), last_day=TOMORROW):
        children = [child] if child else None
        return self.join(children=children, parts=parts, last_day=last_day)

    def free_unnoticed(self, number=0):
        """A place becomes free, and no verb of ours knows."""
        of_it = select(Place).where(Place.slot_id == self.slot(number).id)
        db.session.delete(db.session.scalar(of_it))
        db.session.commit()


def looked_for(now, monkeypatch):
    """The entries that a round looks for, and how many places it offers."""
    ids, read = [], Finder.read

    def note(finder, entries):
        ids.extend(entry.id for entry in entries if entry.id not in ids)
        return read(finder, entries)

    with monkeypatch.context() as patch:
        patch.setattr(Finder, "read", note)
        return ids, work(now=now).offered


def test_a_new_entry_is_looked_for_once_and_then_left_alone(monkeypatch):
    clinic = Clinic()
    entry = clinic.wait()
    assert looked_for(NOON, monkeypatch) == ([entry.id], 0)
    assert looked_for(NOON + A_MINUTE, monkeypatch) == ([], 0)


def test_a_place_that_became_free_is_found_by_those_who_want_it(monkeypatch):
    clinic = Clinic()
    wants, _ = clinic.wait(), clinic.wait(parts=("evening",), last_day=TOMORROW)
    work(now=NOON)
    clinic.free_unnoticed()
    assert looked_for(NOON, monkeypatch) == ([wants.id], 1)


def test_bookings_at_another_centre_are_nothing_to_those_who_wait_here(monkeypatch):
    clinic, other = Clinic(), Clinic()
    clinic.wait()
    work(now=NOON)
    other.free_unnoticed()
    assert looked_for(NOON, monkeypatch) == ([], 0)


@pytest.mark.parametrize("what", ["a hold is over", "a day opens"])
def test_what_time_alone_frees_is_found_in_its_time(monkeypatch, what):
    clinic = Clinic()
    entry = clinic.wait()
    slot = clinic.open(opens=time(10), closes=time(10, 15)).slots[0]
    if what == "a hold is over":
        asked = clinic.request(clinic.child, session=slot.clinic_session)
        moment = make_hold(asked, by=clinic.parent, now=NOON).expires_at
    else:
        moment = NOON + timedelta(hours=6)
        of_it = update(SlotService).where(SlotService.slot_id == slot.id)
        db.session.execute(of_it.values(opens_at=moment))
    db.session.commit()
    work(now=NOON)
    assert looked_for(moment - A_MINUTE, monkeypatch) == ([], 0)
    assert looked_for(moment, monkeypatch) == ([entry.id], 1)


def another_visit_is_cancelled(child, busy):
    booking.cancel(busy, by=make_user(), online=False, now=NOON)


def another_visit_is_moved(child, busy):
    later = make_slot(busy.service, opens=time(15), closes=time(16))
    asked = Request(child, busy.service, slots_for(busy.service, later.id))
    moving.move([moving.Move(busy, asked)], by=make_user(), online=False, now=NOON)


@pytest.mark.parametrize("change", [another_visit_is_cancelled, another_visit_is_moved])
def test_what_frees_the_child_itself_is_found(monkeypatch, change):
    clinic = Clinic()
    child = make_child()
    elsewhere = make_service()
    busy = make_appointment(
        child, elsewhere, make_slot(elsewhere, opens=time(10), closes=time(10, 15))
    )
    entry = clinic.wait(child)
    clinic.open(opens=time(10), closes=time(10, 15))
    assert looked_for(NOON, monkeypatch) == ([entry.id], 0)
    assert looked_for(NOON + A_MINUTE, monkeypatch) == ([], 0)
    change(child, busy)
    db.session.commit()
    assert looked_for(NOON + A_MINUTE, monkeypatch) == ([entry.id], 1)


@pytest.mark.parametrize("by", ["time", "staff"])
def test_a_pause_that_is_over_is_found(monkeypatch, by):
    clinic = Clinic()
    rule = {"absences": [[1, 2]]}
    set_policy(rule, service=clinic.service, centre=None, by=None, now=NOON)
    elsewhere = make_service()
    missed = make_appointment(
        make_child(), elsewhere, make_slot(elsewhere, opens=time(8), closes=time(8, 15))
    )
    after = missed.starts_at + A_MINUTE
    attendance.mark_no_show(missed, by=make_user(), now=after, note="")
    entry = clinic.wait(missed.child, last_day=TOMORROW + timedelta(days=6))
    clinic.open(TOMORROW + timedelta(days=3), closes=time(9, 15))
    db.session.commit()
    assert looked_for(after, monkeypatch) == ([entry.id], 0)
    moment = missed.starts_at + timedelta(days=2)
    if by == "staff":
        moment = after + A_MINUTE
        attendance.lift_pause(missed.child, by=make_user(), now=moment)
        db.session.commit()
    else:
        assert looked_for(moment - A_MINUTE, monkeypatch) == ([], 0)
    assert looked_for(moment, monkeypatch) == ([entry.id], 1)


def test_a_service_that_changes_is_a_reason_to_look(monkeypatch):
    clinic = Clinic()
    entry = clinic.wait()
    clinic.service.min_age_months = 24
    clinic.open(opens=time(10), closes=time(10, 15))
    assert looked_for(NOON, monkeypatch) == ([entry.id], 0)
    assert looked_for(NOON, monkeypatch) == ([], 0)
    clinic.service.min_age_months = 6
    db.session.commit()
    assert looked_for(NOON, monkeypatch) == ([entry.id], 1)


def test_siblings_are_looked_for_every_minute(monkeypatch):
    """How many places a slot has left has no version."""
    entry = Clinic().join(2, parts=["morning"], last_day=TOMORROW)
    assert looked_for(NOON, monkeypatch) == ([entry.id], 0)
    assert looked_for(NOON + A_MINUTE / 2, monkeypatch) == ([], 0)
    assert looked_for(NOON + A_MINUTE, monkeypatch) == ([entry.id], 0)


def test_a_wish_whose_last_day_is_past_ends():
    entry = Clinic().wait()
    work(now=NOON)
    work(now=at(TOMORROW, time(23, 59)))
    assert entry.ended_at is None
    midnight = at(TOMORROW + timedelta(days=1), time(0))
    work(now=midnight)
    assert entry.ended_at == midnight


def test_a_round_in_which_nothing_changed_asks_as_much_for_many_entries_as_for_one():
    clinic = Clinic()
    clinic.wait()
    work(now=NOON)
    one = count_queries(lambda: work(now=NOON))
    for _ in range(3):
        clinic.wait()
        Clinic().wait()
    work(now=NOON)
    assert count_queries(lambda: work(now=NOON)) == one


def test_of_what_two_workers_look_through_at_once_one_does_it_all():
    clinic = Clinic()
    entry = clinic.wait()
    work(now=NOON)
    clinic.free_unnoticed()
    assert list(changed.changed_centres(now=NOON)) == [clinic.centre.id]
    assert changed.look_through(clinic.centre.id, now=NOON) == 1
    db.session.commit()
    assert live_offers(entry.id)
    work(now=NOON)  # what the offer itself changed
    assert not changed.changed_centres(now=NOON)
    assert changed.look_through(clinic.centre.id, now=NOON) == 0


def test_a_second_worker_passes_by_what_the_first_looked_through_and_nothing_later_is_lost():
    clinic = Clinic()
    entries = [clinic.wait() for _ in range(2)]
    work(now=NOON)
    clinic.free_unnoticed(0)
    seen = changed.changed_centres(now=NOON)[clinic.centre.id]  # by both, when their rounds begin
    assert changed.look_through(clinic.centre.id, seen, now=NOON) == 1
    db.session.commit()
    clinic.free_unnoticed(1)
    assert changed.look_through(clinic.centre.id, seen, now=NOON) == 0
    db.session.commit()
    assert work(now=NOON).offered == 1
    assert all(live_offers(entry.id) for entry in entries)


def test_what_became_free_goes_to_those_who_have_waited_longest():
    clinic = Clinic()
    entries = [clinic.wait() for _ in range(4)]
    work(now=NOON)
    clinic.free_unnoticed(0)
    clinic.free_unnoticed(1)
    assert work(now=NOON).offered == 2
    assert [bool(live_offers(entry.id)) for entry in entries] == [True, True, False, False]


def test_every_place_of_a_slot_that_opened_is_offered():
    clinic = Clinic()
    entries = [clinic.wait() for _ in range(3)]
    work(now=NOON)
    clinic.open(opens=time(10), closes=time(10, 15), capacity=2)
    db.session.commit()
    assert work(now=NOON).offered == 2
    assert [bool(live_offers(entry.id)) for entry in entries] == [True, True, False]


def test_more_than_fits_one_transaction_is_offered_in_one_round(monkeypatch):
    clinic = Clinic()
    entries = [clinic.wait() for _ in range(3)]
    work(now=NOON)
    clinic.open(opens=time(10), closes=time(10, 45))
    db.session.commit()
    monkeypatch.setattr(changed, "MOST_OFFERS", 1)
    assert work(now=NOON).offered == 3
    assert all(live_offers(entry.id) for entry in entries)


def test_a_round_that_has_made_its_offers_leaves_the_rest_to_the_next(monkeypatch):
    clinic = Clinic()
    for _ in range(3):
        clinic.wait()
    work(now=NOON)
    clinic.open(opens=time(10), closes=time(10, 45))
    db.session.commit()
    monkeypatch.setattr(changed, "MOST_OFFERS", 2)
    monkeypatch.setattr(working, "MOST_OFFERS", 2)
    first, second = work(now=NOON), work(now=NOON)
    assert (first.offered, first.is_unfinished) == (2, True)
    assert (second.offered, second.is_unfinished) == (1, False)


def test_looking_in_vain_costs_as_much_for_many_entries_as_for_two():
    clinic = Clinic()
    costs = []
    for number in (2, 2, 6):
        for _ in range(number):
            clinic.wait()
        costs.append(count_queries(lambda: work(now=NOON)))
    assert costs[1] == costs[2]  # the first finds the centre new
