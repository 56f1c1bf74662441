"""What the desk keeps is handed over at its hour; what is given back in the rush rests for a moment."""

from datetime import date, time, timedelta

import pytest

from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking, holding
from clinic.scheduling.models import Channel, Slot
from clinic.scheduling.timetable import release
from clinic.scheduling.verdict.request import Request, SlotTaken
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import TOMORROW, make_child, make_hold, make_service, make_slot, make_user
from tests.scheduling.timetable.released import book, free, policy

pytestmark = pytest.mark.usefixtures("both")
SECOND = timedelta(seconds=1)
LATER = date(2026, 3, 20)
OPENS = at(date(2026, 3, 6), time(18))  # fourteen days before, at six


def test_the_desks_hour_follows_the_policy_as_long_as_it_has_not_let_go():
    service = make_service()
    near, far = (
        make_slot(service, day=day, capacity=2, online_capacity=1)
        for day in (TOMORROW, TOMORROW + timedelta(days=5))
    )
    later = at(TOMORROW, time(0))
    policy(service, desk_keeps_until_days=3, desk_keeps_until_time="07:00")

    release.reschedule([service.id], now=later)  # the desk let go for tomorrow, at six today
    db.session.commit()

    hours = [
        db.session.get_one(Slot, slot.id, populate_existing=True).desk_until for slot in (near, far)
    ]
    assert hours == [at(TOMORROW - timedelta(days=1), time(18)), at(date(2026, 3, 5), time(7))]


def test_what_the_desk_keeps_is_handed_over_at_its_hour_if_unused():
    service = make_service()
    slot = make_slot(service, day=LATER, capacity=3, online_capacity=1)
    hour = at(date(2026, 3, 19), time(18))
    book(service, slot, OPENS)

    assert not free(service, slot, hour - SECOND)
    with pytest.raises(SlotTaken):
        book(service, slot, hour - SECOND)
    db.session.rollback()
    assert free(service, slot, hour)
    book(service, slot, hour)
    book(service, slot, hour)
    assert not free(service, slot, hour)
    assert broken_promises() == []


def test_what_the_desk_used_is_not_handed_over():
    service = make_service()
    slot = make_slot(service, day=LATER, capacity=2, online_capacity=1)
    book(service, slot, OPENS)
    book(service, slot, OPENS, Channel.DESK)
    assert not free(service, slot, at(date(2026, 3, 19), time(18)))


def test_a_place_given_back_in_the_rush_rests_for_a_moment():
    service = make_service()
    policy(service, rush_minutes=30, rest_seconds=60)
    slot = make_slot(service, day=LATER)
    appointment = book(service, slot, OPENS)
    given_back = OPENS + timedelta(minutes=29)

    booking.cancel(appointment, by=make_user(), online=True, now=given_back)
    db.session.commit()

    assert not free(service, slot, given_back)
    with pytest.raises(SlotTaken):
        book(service, slot, given_back)
    db.session.rollback()
    rested = given_back + timedelta(seconds=60)
    assert free(service, slot, rested)
    book(service, slot, rested)
    assert broken_promises() == []


def test_after_the_rush_it_is_free_at_once():
    service = make_service()
    slot = make_slot(service, day=LATER)
    appointment = book(service, slot, OPENS)
    after = OPENS + timedelta(minutes=30)
    booking.cancel(appointment, by=make_user(), online=True, now=after)
    db.session.commit()
    assert book(service, slot, after).slot_id == slot.id


def test_a_hold_in_the_rush_outlives_its_countdown_by_a_moment_nobody_knows():
    service = make_service()
    policy(service, rest_seconds=600)
    slot = make_slot(service, day=LATER)
    parent = make_user()
    wanted = Request(make_child(parent), service, slots_for(service, slot.id))
    ends = set()
    for _ in range(5):
        kept = make_hold(wanted, by=parent, now=OPENS)
        db.session.commit()
        db.session.refresh(slot)
        assert kept.expires_at == OPENS + timedelta(minutes=10)
        assert SECOND <= slot.frees_at - kept.expires_at <= timedelta(seconds=600)
        ends.add(slot.frees_at)
        db.session.rollback()
        holding.give_up(kept, now=OPENS + timedelta(hours=1))
        db.session.commit()
    assert len(ends) > 1
