"""The scheduler's verbs, on both engines."""

from datetime import time, timedelta

import pytest
from sqlalchemy import func, select

from clinic.db import db
from clinic.scheduling.appointments import booking, moving
from clinic.scheduling.appointments.booking import NotChangeable, TooLate
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Channel, Place, Slot
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable import opening
from clinic.scheduling.verdict.request import (
    ChildBusy,
    Refused,
    Request,
    SlotTaken,
)
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_hold,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_slot,
    make_user,
)

pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture(autouse=True)
def every_promise_is_kept(both):
    yield
    db.session.rollback()
    assert broken_promises() == []


def book(child, service, slot, *, key="a", by=None, channel=Channel.ONLINE, now=NOON, hold=None):
    wanted = Request(child, service, slots_for(service, slot.id), hold=hold)
    made = booking.book([wanted], by=by or make_user(), key=key, channel=channel, now=now).row
    db.session.commit()
    return made.appointments[0]


def taken(slot):
    return db.session.scalar(select(Slot.taken).where(Slot.id == slot.id))


def test_the_last_place_goes_once():
    service = make_service()
    slot = make_slot(service)
    book(make_child(), service, slot, key="a")

    with pytest.raises(SlotTaken):
        book(make_child(), service, slot, key="b")

    db.session.rollback()
    assert taken(slot) == 1


def test_all_or_nothing():
    service = make_service()
    first, second = make_slot(service), make_slot(service)
    book(make_child(), service, second, key="rival")
    wanted = [
        Request(make_child(), service, slots_for(service, slot.id)) for slot in (first, second)
    ]

    with pytest.raises(SlotTaken):
        booking.book(wanted, by=make_user(), key="both", channel=Channel.ONLINE, now=NOON)

    db.session.rollback()
    assert taken(first) == 0


def test_the_same_key_is_the_same_booking():
    service, child = make_service(), make_child()
    slot = make_slot(service, capacity=5)

    first, again = (book(child, service, slot, key="same") for _ in range(2))

    assert first.id == again.id
    assert db.session.scalar(select(func.count(Appointment.id))) == 1


def test_a_child_is_in_one_place_at_a_time():
    service, child = make_service(), make_child()
    book(child, service, make_slot(service), key="a")

    with pytest.raises((ChildBusy, Refused)) as refused:
        book(child, service, make_slot(service), key="b")
    assert "already has an appointment" in refused.value.message


def test_the_online_share_is_kept_for_the_desk():
    service = make_service()
    slot = make_slot(service, capacity=2, online_capacity=1)
    book(make_child(), service, slot, key="a")
    with pytest.raises(SlotTaken):
        book(make_child(), service, slot, key="b")
    db.session.rollback()

    book(make_child(), service, slot, key="c", channel=Channel.DESK)

    assert taken(slot) == 2


def test_moving_keeps_the_reference_and_frees_the_old_place():
    service, child, parent = make_service(), make_child(), make_user()
    old, new = make_slot(service), make_slot(service, opens=time(10))
    appointment = book(child, service, old, by=parent)
    reference = appointment.booking.reference

    wanted = Request(child, service, slots_for(service, new.id))
    moving.move([Move(appointment, wanted)], by=parent, online=True, now=NOON)
    db.session.commit()

    assert (taken(old), taken(new)) == (0, 1)
    assert appointment.booking.reference == reference


def test_a_move_that_fails_changes_nothing():
    service, child, parent = make_service(), make_child(), make_user()
    old, new = make_slot(service), make_slot(service, opens=time(10))
    appointment = book(child, service, old, by=parent)
    book(make_child(), service, new, key="rival")

    wanted = Request(child, service, slots_for(service, new.id))
    with pytest.raises(SlotTaken):
        moving.move([Move(appointment, wanted)], by=parent, online=True, now=NOON)
    db.session.rollback()

    assert taken(old) == 1
    assert appointment.slot_id == old.id


def test_cancelling_frees_at_once_and_twice_is_once():
    appointment = make_appointment()
    slot = db.session.get(Slot, appointment.slot_id)
    for _ in range(2):
        booking.cancel(appointment, by=make_user(), online=True, now=NOON)
        db.session.commit()

    assert taken(slot) == 0
    assert status_of(appointment) is Status.CANCELLED


@pytest.mark.parametrize(
    ("minutes_before", "online", "refusal"),
    [(31, True, None), (30, True, None), (29, True, TooLate), (1, False, None)],
)
def test_how_late_one_may_cancel(minutes_before, online, refusal):
    appointment = make_appointment()
    now = appointment.starts_at - timedelta(minutes=minutes_before)
    cancel = {"by": make_user(), "online": online, "now": now}
    if refusal:
        with pytest.raises(refusal):
            booking.cancel(appointment, **cancel)
        db.session.rollback()
    else:
        booking.cancel(appointment, **cancel)
        db.session.commit()
    assert (status_of(appointment) is Status.CANCELLED) == (refusal is None)


def test_who_has_arrived_cannot_be_moved_or_cancelled():
    appointment = make_appointment()
    attendance.check_in(appointment, by=make_user(), now=appointment.starts_at)
    db.session.commit()
    with pytest.raises(NotChangeable):
        booking.cancel(appointment, by=make_user(), online=False, now=appointment.starts_at)


def test_a_hold_keeps_the_place_until_it_expires_worker_or_no_worker():
    service = make_service()
    slot = make_slot(service)
    parent, rival = make_user(), make_user()
    wanted = Request(make_child(parent), service, slots_for(service, slot.id))
    kept = make_hold(wanted, by=parent, now=NOON)
    db.session.commit()
    expires_at = kept.expires_at
    with pytest.raises(SlotTaken):
        book(make_child(rival), service, slot, by=rival, now=NOON, key="early")
    db.session.rollback()

    book(make_child(rival), service, slot, by=rival, now=expires_at, key="late")

    assert taken(slot) == 1


def test_a_no_show_frees_the_place_and_may_still_come():
    appointment = make_appointment()
    slot = db.session.get(Slot, appointment.slot_id)
    clinician = make_user()
    attendance.mark_no_show(appointment, by=clinician, now=appointment.ends_at, note="")
    db.session.commit()
    assert taken(slot) == 0

    attendance.check_in(appointment, by=clinician, now=appointment.ends_at)
    db.session.commit()

    assert taken(slot) == 1
    assert status_of(appointment) is Status.ARRIVED


def test_checking_in_twice_is_one_arrival():
    appointment, desk = make_appointment(), make_user()
    start = appointment.starts_at
    attendance.check_in(appointment, by=desk, now=start)
    attendance.check_in(appointment, by=desk, now=start + timedelta(minutes=3))
    db.session.commit()
    assert appointment.arrived_at == start


@pytest.mark.parametrize(
    ("minutes", "refusal"), [(0, None), (9, None), (10, attendance.TooLateToUndo)]
)
def test_a_check_in_can_be_taken_back_within_ten_minutes(minutes, refusal):
    appointment, desk = make_appointment(), make_user()
    start = appointment.starts_at
    attendance.check_in(appointment, by=desk, now=start)
    db.session.commit()
    if refusal:
        with pytest.raises(refusal):
            attendance.undo_check_in(appointment, by=desk, now=start + timedelta(minutes=minutes))
    else:
        attendance.undo_check_in(appointment, by=desk, now=start + timedelta(minutes=minutes))
        db.session.commit()
        assert status_of(appointment) is Status.BOOKED


@pytest.mark.parametrize(
    ("same", "refusal"),
    [("practitioner", opening.PractitionerBusy), ("room", opening.RoomBusy)],
)
def test_sessions_do_not_overlap(same, refusal):
    service = make_service()
    one = make_practitioner([service])
    other = make_practitioner([service], centre=one.centre)
    room, second_room = make_room(one.centre), make_room(one.centre)
    make_session(one, room, [service])
    who, where = (one, second_room) if same == "practitioner" else (other, room)
    with pytest.raises(refusal):
        make_session(who, where, [service], opens=time(10), closes=time(12))
    db.session.rollback()
    make_session(who, where, [service], opens=time(11), closes=time(12))


def test_a_week_with_one_clash_is_no_week():
    service = make_service()
    one = make_practitioner([service])
    room = make_room(one.centre)
    elsewhere = make_room(one.centre)
    make_session(one, elsewhere, [service], day=TOMORROW + timedelta(days=2))
    hours = opening.Hours(time(8), time(12), 15, 1, 1)
    days = [TOMORROW + timedelta(days=n) for n in range(5)]

    with pytest.raises(opening.PractitionerBusy) as refused:
        opening.open_week(one, room, [service], days, hours, by=make_user(), now=NOON)
    db.session.rollback()

    assert refused.value.params["day"] == TOMORROW + timedelta(days=2)
    assert db.session.scalar(select(func.count(Slot.id))) == 8


def test_a_session_with_families_is_not_withdrawn():
    appointment = make_appointment()
    session = db.session.get(Slot, appointment.slot_id).clinic_session
    with pytest.raises(opening.HasAppointments):
        opening.withdraw_if_empty(session, by=make_user(), now=NOON)
    db.session.rollback()
    booking.cancel(appointment, by=make_user(), online=True, now=NOON)
    opening.withdraw_if_empty(session, by=make_user(), now=NOON)
    db.session.commit()
    assert db.session.scalar(select(func.count(Place.id))) == 0
