"""Who waits longest is asked first, alone, and for a while; an offer that is over stays over."""

from datetime import time, timedelta

import pytest

from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking, holding, moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.models import Channel, HoldFor
from clinic.scheduling.verdict.request import Request, SlotTaken
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import joining, offering
from clinic.scheduling.waitlist.offering import OfferLapsed
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_centre,
    make_child,
    make_service,
    make_user,
)
from tests.scheduling.waitlist.full import Full, offered

pytestmark = pytest.mark.usefixtures("both")
HALF_AN_HOUR = timedelta(minutes=30)


def test_a_freed_place_is_offered_to_who_waited_longest_and_to_nobody_else():
    clinic = Full()
    second = clinic.join(now=NOON + timedelta(minutes=1))
    first = clinic.join(now=NOON)

    clinic.cancel(2)

    slot_id = clinic.session.slots[2].id
    assert (offered(first), offered(second)) == ([slot_id], [])
    [lead] = offering.live_offers(first.id)
    assert lead.purpose is HoldFor.WAITLIST
    assert lead.expires_at == NOON + HALF_AN_HOUR
    assert clinic.free() == []
    wanted = Request(make_child(), clinic.service, slots_for(clinic.service, slot_id))
    for channel in (Channel.ONLINE, Channel.DESK):
        with pytest.raises(SlotTaken):
            booking.book([wanted], by=make_user(), key="me", channel=channel, now=NOON)
        db.session.rollback()


def test_accepting_ends_the_waiting():
    clinic = Full()
    entry = clinic.join()
    clinic.cancel()
    [lead] = offering.live_offers(entry.id)

    made = clinic.accept(lead)

    assert (entry.booking_id, entry.ended_at) == (made.id, NOON)
    assert clinic.accept(lead).id == made.id  # pressed twice
    # A used offer never revives, whatever becomes of the booking.
    booking.cancel(made.appointments[0], by=make_user(), online=True, now=NOON)
    db.session.commit()
    assert offered(entry) == []
    assert len(clinic.free()) == 1


def test_an_offer_lapses_to_the_next_and_never_comes_back():
    clinic = Full()
    first, second = clinic.join(), clinic.join()
    clinic.cancel()
    [lead] = offering.live_offers(first.id)
    late = NOON + HALF_AN_HOUR
    assert offering.lapsed(now=late - timedelta(seconds=1)) == []
    assert offering.lapsed(now=late) == [lead.id]

    offering.lapse(lead.id, now=late)
    db.session.commit()

    assert offered(second) == [lead.slot_id]
    assert first.lapses == 1
    with pytest.raises(OfferLapsed):
        clinic.accept(lead, now=late)
    db.session.rollback()
    assert offering.lapse(lead.id, now=late) == set()  # a second worker finds it done
    assert first.lapses == 1
    assert broken_promises() == []


def test_a_lapsed_offer_is_over_even_while_the_worker_sleeps():
    clinic = Full()
    entry = clinic.join()
    clinic.cancel()
    [lead] = offering.live_offers(entry.id)
    with pytest.raises(OfferLapsed):
        clinic.accept(lead, now=NOON + HALF_AN_HOUR)
    db.session.rollback()
    # Its place is nobody's for two minutes more, then anybody's.
    assert clinic.free(NOON + HALF_AN_HOUR) == []
    assert len(clinic.free(NOON + HALF_AN_HOUR + timedelta(minutes=2))) == 1


def test_when_nobody_else_waits_the_place_is_free_again_and_not_offered_twice():
    clinic = Full()
    entry = clinic.join()
    clinic.cancel()
    [lead] = offering.live_offers(entry.id)
    late = NOON + HALF_AN_HOUR
    offering.lapse(lead.id, now=late)
    db.session.commit()

    assert len(clinic.free(late)) == 1
    assert offering.look_for([entry.id], now=late) == {}
    clinic.cancel(1, now=late)
    assert offered(entry) == [clinic.session.slots[1].id]


def test_who_lets_three_offers_pass_waits_no_longer():
    clinic = Full()
    entry = clinic.join()
    now = NOON
    for number in range(3):
        clinic.cancel(number, now=now)
        [lead] = offering.live_offers(entry.id)
        now += HALF_AN_HOUR
        offering.lapse(lead.id, now=now)
        db.session.commit()
    assert entry.ended_at == now
    clinic.cancel(3, now=now)
    assert len(clinic.free(now)) == 4


def test_saying_no_passes_it_on():
    clinic = Full()
    first, second = clinic.join(), clinic.join()
    clinic.cancel()
    [lead] = offering.live_offers(first.id)
    holding.give_up(lead, now=NOON)
    db.session.commit()
    assert offered(second) == [lead.slot_id]
    joining.leave(second, by=make_user(), now=NOON)
    db.session.commit()
    assert len(clinic.free()) == 1
    assert broken_promises() == []


@pytest.mark.parametrize(
    "wish",
    [
        pytest.param({"weekdays": [2]}, id="another weekday"),
        pytest.param({"parts": ["afternoon"]}, id="another part of the day"),
        pytest.param({"first_day": TOMORROW + timedelta(days=1)}, id="a later first day"),
    ],
)
def test_what_does_not_suit_is_not_offered(wish):
    clinic = Full()
    entry = clinic.join(**wish)
    clinic.cancel()
    assert offered(entry) == []
    assert len(clinic.free()) == 1


def test_another_centre_does_not_do():
    clinic = Full()
    other = make_centre()
    other.services = [clinic.service]
    entry = clinic.join(centres=[other])
    both = clinic.join(centres=[other, clinic.centre])
    clinic.cancel()
    assert (offered(entry), len(offered(both))) == ([], 1)


def test_nothing_is_offered_for_a_time_that_is_past_or_too_near():
    clinic = Full()
    entry = clinic.join()
    ten_to_nine = at(TOMORROW, time(8, 50))
    clinic.cancel(0, now=ten_to_nine)  # nine o'clock: less notice than it takes
    assert offered(entry) == []
    clinic.cancel(3, now=ten_to_nine)
    [lead] = offering.live_offers(entry.id)
    assert lead.expires_at == at(TOMORROW, time(9, 15))  # half an hour before 9:45


def test_a_child_who_is_elsewhere_then_is_passed_over():
    clinic = Full()
    entry = clinic.join()
    make_appointment(entry.children[0], make_service())  # at nine too
    after = clinic.join()
    clinic.cancel(0)
    assert offered(entry) == []
    assert len(offered(after)) == 1


def test_two_places_together():
    clinic = Full()
    pair = clinic.join(number=2)
    single = clinic.join()

    clinic.cancel(0)
    assert (offered(pair), offered(single)) == ([], [clinic.session.slots[0].id])
    [lead] = offering.live_offers(single.id)
    clinic.accept(lead)

    clinic.cancel(2)
    assert offered(pair) == []
    clinic.cancel(3)
    [lead] = offering.live_offers(pair.id)
    assert {hold.slot_id for hold in holding.group_of(lead)} == {
        slot.id for slot in clinic.session.slots[2:]
    }
    made = clinic.accept(lead)
    assert len(made.appointments) == 2


def test_two_places_in_one_slot():
    clinic = Full(slot_minutes=30, capacity=2)
    pair = clinic.join(number=2)
    clinic.cancel(0)
    assert offered(pair) == []
    clinic.cancel(1)
    [lead] = offering.live_offers(pair.id)
    assert [hold.slot_id for hold in holding.group_of(lead)] == [clinic.session.slots[0].id] * 2


def test_moving_away_and_dropping_a_form_free_a_place_for_who_waits():
    clinic = Full()
    later = clinic.open(day=TOMORROW + timedelta(days=1), closes=time(9, 15))
    entry = clinic.join(last_day=TOMORROW)
    moved = clinic.taken[0]
    slots = slots_for(clinic.service, later.slots[0].id)
    moving.move(
        [Move(moved, Request(moved.child, clinic.service, slots))],
        by=make_user(),
        online=False,
        now=NOON,
    )
    db.session.commit()
    assert offered(entry) == [clinic.session.slots[0].id]
    assert broken_promises() == []


def test_new_sessions_are_found_by_looking():
    clinic = Full()
    entry = clinic.join()
    assert offering.look_for([entry.id], now=NOON) == {}
    more = clinic.open(opens=time(10), closes=time(11))
    found = offering.look_for([entry.id], now=NOON)
    db.session.commit()
    assert found == {entry.id: {more.slots[0].id}}
    assert offering.look_for([entry.id], now=NOON) == {}  # one offer at a time
    assert entry.ended_at is None
