"""Places kept for some minutes, on both engines."""

from datetime import time, timedelta

import pytest
from sqlalchemy import func, select

from clinic.db import db
from clinic.scheduling.appointments import booking, holding, moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.models import Booking, Channel, Hold, Place, Slot
from clinic.scheduling.verdict.request import Refused, Request, SlotTaken
from clinic.scheduling.verdict.slot_times import find_slot_times, slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    make_appointment,
    make_child,
    make_guardianship,
    make_hold,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_slot,
    make_user,
)


@pytest.fixture(autouse=True)
def every_promise_is_kept(both):
    yield
    db.session.rollback()
    assert broken_promises() == []


def hold(parent, child, service, slot, *, now=NOON, moves=None):
    wanted = Request(child, service, slots_for(service, slot.id))
    kept = make_hold(wanted, by=parent, now=now, moves=moves)
    db.session.commit()
    return kept


def confirm(kept, parent, *, now=NOON):
    slots = slots_for(kept.service, kept.slot_id)
    wanted = Request(kept.child, kept.service, slots, hold=kept)
    made = booking.book(
        [wanted], by=parent, key=f"hold:{kept.id}", channel=Channel.ONLINE, now=now
    ).row
    db.session.commit()
    return made


def taken(slot):
    return db.session.scalar(select(Slot.taken).where(Slot.id == slot.id))


def family():
    parent = make_user()
    return parent, make_child(parent)


def test_choosing_another_time_gives_the_first_back():
    service = make_service()
    first, second = make_slot(service), make_slot(service, opens=time(10))
    parent, child = family()
    hold(parent, child, service, first)

    hold(parent, child, service, second)

    assert (taken(first), taken(second)) == (0, 1)
    assert db.session.scalar(select(func.count(Hold.id))) == 1


def test_choosing_the_same_time_again_takes_no_second_place():
    service = make_service()
    slot = make_slot(service)
    parent, child = family()

    for _ in range(2):
        hold(parent, child, service, slot)

    assert taken(slot) == 1


def test_the_other_guardians_hold_stays():
    service = make_service()
    first, second = make_slot(service), make_slot(service, opens=time(10))
    mother, child = family()
    father = make_user()
    make_guardianship(father, child)
    hold(mother, child, service, first)

    hold(father, child, service, second)

    assert (taken(first), taken(second)) == (1, 1)


def test_a_hold_given_back_is_free_at_once():
    service = make_service()
    slot = make_slot(service)
    kept = hold(*family(), service, slot)

    holding.give_up(kept, now=NOON)
    db.session.commit()

    assert taken(slot) == 0
    assert hold(*family(), service, slot).slot_id == slot.id


@pytest.mark.parametrize(("seconds_left", "is_free"), [(1, False), (0, True), (-1, True)])
def test_a_hold_ends_to_the_second(seconds_left, is_free):
    service = make_service(hold_minutes=10)
    slot = make_slot(service)
    kept = hold(*family(), service, slot)
    now = kept.expires_at - timedelta(seconds=seconds_left)
    assert kept.expires_at == NOON + timedelta(minutes=10)

    end = slot.starts_at + timedelta(minutes=1)
    [found] = find_slot_times(service, [slot.centre_id], slot.starts_at, end, now=now)
    assert found.is_free is is_free
    if is_free:
        assert hold(*family(), service, slot, now=now).slot_id == slot.id
    else:
        with pytest.raises(SlotTaken):
            hold(*family(), service, slot, now=now)


def test_an_expired_hold_may_still_be_confirmed_while_nobody_took_it():
    service = make_service()
    slot = make_slot(service)
    parent, child = family()
    kept = hold(parent, child, service, slot)

    confirm(kept, parent, now=kept.expires_at + timedelta(minutes=5))

    assert taken(slot) == 1


def test_an_expired_hold_that_somebody_took_is_gone():
    service = make_service()
    slot = make_slot(service)
    parent, child = family()
    kept = hold(parent, child, service, slot)
    rival = hold(*family(), service, slot, now=kept.expires_at)

    with pytest.raises(SlotTaken):
        confirm(kept, parent, now=kept.expires_at)

    db.session.rollback()
    assert db.session.scalars(select(Place.hold_id)).all() == [rival.id]


def test_confirming_turns_the_place_and_does_not_take_another():
    service = make_service()
    slot = make_slot(service, capacity=2)
    parent, child = family()
    kept = hold(parent, child, service, slot)

    made = confirm(kept, parent)
    again = confirm(kept, parent)

    assert made.id == again.id == kept.booking_id
    assert taken(slot) == 1
    assert db.session.scalars(select(Place.appointment_id)).all() == [made.appointments[0].id]
    assert db.session.scalar(select(func.count(Booking.id))) == 1


def test_a_hold_may_lie_where_the_appointment_lies_that_it_moves():
    service = make_service(minutes=30)
    slot = make_slot(service)
    parent, child = family()
    appointment = make_appointment(child, service, slot, by=parent)
    second_half = slot.clinic_session.slots[2]

    kept = hold(parent, child, service, second_half, moves=appointment)

    assert taken(slot) == taken(second_half) == 1
    moved = Request(child, service, slots_for(service, kept.slot_id), hold=kept)
    for _ in range(2):  # the same form twice
        moving.move([Move(appointment, moved)], by=parent, online=True, now=NOON)
        db.session.commit()
    assert (taken(slot), taken(second_half)) == (0, 1)
    assert appointment.starts_at == second_half.starts_at


def test_a_long_service_holds_every_slot_or_none():
    service, short = make_service(minutes=30), make_service()
    practitioner = make_practitioner([service, short])
    room = make_room(practitioner.centre)
    slots = make_session(practitioner, room, [service, short]).slots[:2]
    slot, second = slots
    rival = Request(make_child(), short, slots_for(short, second.id))
    booking.book([rival], by=make_user(), key="rival", channel=Channel.DESK, now=NOON)
    db.session.commit()

    with pytest.raises(SlotTaken):
        hold(*family(), service, slot)

    db.session.rollback()
    assert [taken(slot) for slot in slots] == [0, 1]


@pytest.mark.parametrize(
    ("child", "slot", "now", "code"),
    [
        ({}, {}, NOON + timedelta(days=2), "past"),
        ({}, {}, NOON + timedelta(hours=20, minutes=31), "too_soon"),
        ({}, {}, NOON.replace(month=1), "not_open_yet"),
        ({"birth_date": NOON.date()}, {}, NOON, "too_young"),
        ({"birth_date": NOON.date().replace(year=2000)}, {}, NOON, "too_old"),
    ],
)
def test_what_the_rules_refuse_is_not_held(child, slot, now, code):
    service = make_service(min_age_months=1)
    time_wanted = make_slot(service, **slot)
    parent = make_user()

    with pytest.raises(Refused) as refused:
        hold(parent, make_child(parent, **child), service, time_wanted, now=now)

    assert refused.value.objections[0].code == code
    assert db.session.scalar(select(func.count(Place.id))) == 0
