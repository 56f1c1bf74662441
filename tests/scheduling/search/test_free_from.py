"""From when a search calls a slot free: the first moment with room in all and in the online share."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from clinic.clock import day_bounds
from clinic.db import db
from clinic.scheduling import places
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Channel, Hold, Place, SlotService
from clinic.scheduling.timetable.slots import LONG_AGO, NEVER
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import find_slot_times, slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_hold,
    make_service,
    make_slot,
    make_user,
    save,
)

pytestmark = pytest.mark.usefixtures("both")
DESK, ONLINE = False, True


def minutes(number):
    return NOON + timedelta(minutes=number)


def known_of(slot):
    return db.session.scalar(select(SlotService.free_from).where(SlotService.slot_id == slot.id))


def resting(slot, *rows):
    db.session.add_all(
        Place(slot_id=slot.id, online=online, expires_at=minutes(at)) for online, at in rows
    )
    db.session.commit()


@pytest.mark.parametrize(
    ("capacity", "share", "desk_until", "booked", "expiring", "free_from"),
    [
        pytest.param(2, 2, None, 1, [], LONG_AGO, id="room now"),
        pytest.param(2, 2, None, 0, [(ONLINE, 5)], LONG_AGO, id="room now beside a hold"),
        pytest.param(1, 1, None, 1, [], NEVER, id="full"),
        pytest.param(1, 1, None, 0, [(ONLINE, 5)], minutes(5), id="when the hold expires"),
        pytest.param(2, 1, 60, 1, [], minutes(60), id="when the desk lets go"),
        pytest.param(2, 1, None, 1, [(DESK, 5)], NEVER, id="the desk's hold is not the share's"),
        pytest.param(2, 1, 60, 1, [(DESK, 5)], minutes(60), id="nor before the desk lets go"),
        pytest.param(2, 1, 60, 1, [(DESK, 90)], minutes(90), id="let go, and full until later"),
        pytest.param(2, 1, 60, 0, [(ONLINE, 5), (DESK, 3)], minutes(5), id="the share's own hold"),
        pytest.param(3, 2, None, 1, [(ONLINE, 5), (DESK, 9)], minutes(5), id="either will do"),
        pytest.param(3, 2, None, 1, [(DESK, 5), (ONLINE, 9)], minutes(9), id="the later one"),
        pytest.param(3, 1, 60, 1, [(DESK, 80), (DESK, 70)], minutes(70), id="the first after that"),
    ],
)
def test_the_first_moment_with_room(capacity, share, desk_until, booked, expiring, free_from):
    service = make_service()
    slot = make_slot(service, capacity=capacity, online_capacity=share)
    slot.desk_until = None if desk_until is None else minutes(desk_until)
    db.session.commit()
    for _ in range(booked):
        make_appointment(service=service, slot=slot)

    resting(slot, *expiring)

    assert known_of(slot) == free_from
    assert broken_promises() == []


def test_a_search_does_not_call_a_full_share_free_when_the_desks_hold_has_expired():
    service = make_service()
    slot = make_slot(service, capacity=2, online_capacity=1)
    make_appointment(service=service, slot=slot)
    resting(slot, (DESK, 5))

    found = find_slot_times(service, [slot.centre_id], *day_bounds(TOMORROW), now=minutes(6))

    assert [slot_time.is_free for slot_time in found if slot_time.slot_id == slot.id] == [False]


def test_a_hold_that_becomes_an_appointment_changes_the_answer_though_no_count_changes():
    service, parent = make_service(), make_user()
    slot = make_slot(service, capacity=2, online_capacity=1)
    slot.desk_until = None
    kept = make_hold(
        Request(make_child(parent), service, slots_for(service, slot.id)), by=parent, now=NOON
    )
    db.session.commit()
    resting(slot, (DESK, 10))
    assert known_of(slot) == kept.expires_at == minutes(10)

    wanted = Request(kept.child, service, slots_for(service, slot.id), hold=kept)
    booking.book([wanted], by=parent, key="k", channel=Channel.ONLINE, now=NOON)
    db.session.commit()

    db.session.refresh(slot)
    assert (slot.taken, slot.online_taken, slot.frees_at) == (2, 1, minutes(10))
    assert known_of(slot) == NEVER
    assert broken_promises() == []


def test_places_taken_given_back_and_shares_changed_are_followed():
    service = make_service()
    slot = make_slot(service, capacity=2, online_capacity=1)
    slot.desk_until = minutes(60)
    one = make_appointment(service=service, slot=slot)
    hold = save(
        Hold(
            user_id=make_user().id,
            child=make_child(),
            service=service,
            slot=slot,
            created_at=NOON,
            expires_at=minutes(90),
        )
    )
    places.take([slot.id], online=False, hold_id=hold.id, expires_at=hold.expires_at)
    db.session.commit()
    said = [known_of(slot)]

    slot.capacity = slot.online_capacity = 3
    db.session.commit()
    said.append(known_of(slot))
    slot.capacity, slot.online_capacity, slot.desk_until = 2, 1, minutes(120)
    db.session.commit()
    said.append(known_of(slot))
    places.free(hold_id=hold.id)
    db.session.commit()
    said.append(known_of(slot))
    places.free(appointment_id=one.id)
    db.session.commit()
    said.append(known_of(slot))

    assert said == [minutes(90), LONG_AGO, minutes(120), minutes(120), LONG_AGO]
