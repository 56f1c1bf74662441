"""What may happen to an appointment on its day, and what may not, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from clinic.audit import AuditEvent
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.day import attendance
from clinic.scheduling.day.attendance import (
    IsCancelled,
    IsDone,
    NotArrived,
    NotBegun,
    NotToday,
)
from clinic.scheduling.models import Slot
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.request import ChildBusy, Request, SlotTaken
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    make_appointment,
    make_child,
    make_practitioner,
    make_service,
    make_slot,
    make_user,
)

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def every_promise_is_kept(both):
    yield
    db.session.rollback()
    assert broken_promises() == []


def check_in(appointment, *, now=None):
    attendance.check_in(appointment, by=make_user(), now=now or appointment.starts_at)
    db.session.commit()


def finish(appointment, *, now=None, note="well"):
    attendance.finish(appointment, by=make_user(), now=now or appointment.ends_at, note=note)
    db.session.commit()


def mark_no_show(appointment, *, now=None):
    attendance.mark_no_show(appointment, by=make_user(), now=now or appointment.ends_at, note="")
    db.session.commit()


def undo(appointment, *, now=None):
    attendance.undo_check_in(appointment, by=make_user(), now=now or appointment.starts_at)
    db.session.commit()


def cancel(appointment):
    booking.cancel(appointment, by=make_user(), online=True, now=NOON)
    db.session.commit()


def let(*happened):
    appointment = make_appointment()
    for verb in happened:
        verb(appointment)
    return appointment


@pytest.mark.parametrize(
    ("happened", "verb", "refusal"),
    [
        ((cancel,), check_in, IsCancelled),
        ((cancel,), finish, IsCancelled),
        ((cancel,), mark_no_show, IsCancelled),
        ((mark_no_show,), finish, NotArrived),
        ((check_in, finish), mark_no_show, IsDone),
        ((check_in, finish), undo, IsDone),
    ],
)
def test_what_has_ended_is_not_begun_again(happened, verb, refusal):
    appointment = let(*happened)
    before = status_of(appointment)

    with pytest.raises(refusal):
        verb(appointment)

    db.session.rollback()
    assert status_of(appointment) is before


@pytest.mark.parametrize(
    ("verb", "after_start", "refusal"),
    [
        (check_in, -DAY, NotToday),
        (check_in, DAY, NotToday),
        (finish, -DAY, NotBegun),
        (mark_no_show, timedelta(seconds=-1), NotBegun),
    ],
)
def test_nothing_happens_before_its_time(verb, after_start, refusal):
    appointment = make_appointment()

    with pytest.raises(refusal):
        verb(appointment, now=appointment.starts_at + after_start)

    db.session.rollback()
    assert status_of(appointment) is Status.BOOKED


@pytest.mark.parametrize(
    ("verbs", "status", "actions"),
    [
        ((check_in, check_in), Status.ARRIVED, ["check_in"]),
        ((undo,), Status.BOOKED, []),
        ((check_in, undo, undo), Status.BOOKED, ["check_in", "undo_check_in"]),
        ((check_in, undo, check_in), Status.ARRIVED, ["check_in", "undo_check_in", "check_in"]),
        ((mark_no_show, mark_no_show), Status.NO_SHOW, ["no_show"]),
        ((check_in, finish, check_in), Status.DONE, ["check_in", "finish"]),
        ((mark_no_show, check_in), Status.ARRIVED, ["no_show", "check_in"]),
    ],
)
def test_doing_it_twice_is_doing_it_once(verbs, status, actions):
    appointment = let(*verbs)

    assert status_of(appointment) is status
    trail = select(AuditEvent.action).where(AuditEvent.subject == "appointments")
    assert db.session.scalars(trail.order_by(AuditEvent.id)).all() == ["book", *actions]


def test_a_visit_that_nobody_checked_in_is_an_arrival_too():
    appointment = make_appointment()

    finish(appointment, note="well")

    assert appointment.arrived_at == appointment.done_at == appointment.ends_at
    assert appointment.note == "well"


def test_a_note_may_be_corrected_and_the_end_of_the_visit_stays():
    appointment = let(check_in, finish)

    finish(appointment, now=appointment.ends_at + timedelta(hours=1), note="corrected")

    assert (appointment.done_at, appointment.note) == (appointment.ends_at, "corrected")


def test_who_comes_after_all_finds_the_place_taken():
    service = make_service()
    slot = make_slot(service)
    late = make_appointment(service=service, slot=slot)
    mark_no_show(late, now=late.starts_at)
    desk = {"by": make_user(), "key": "desk", "channel": booking.Channel.DESK}
    wanted = Request(make_child(), service, slots_for(service, slot.id))
    booking.book([wanted], now=late.starts_at, **desk)
    db.session.commit()

    with pytest.raises(SlotTaken):
        check_in(late)

    db.session.rollback()
    assert status_of(late) is Status.NO_SHOW
    assert db.session.get_one(Slot, slot.id).taken == 1


def test_who_comes_after_all_cannot_be_in_two_places():
    service = make_service()
    slot = make_slot(service)
    elsewhere = make_slot(service, practitioner=make_practitioner([service]))
    missed = make_appointment(service=service, slot=slot)
    mark_no_show(missed, now=missed.starts_at)
    desk = {"by": make_user(), "key": "desk", "channel": booking.Channel.DESK}
    wanted = Request(missed.child, service, slots_for(service, elsewhere.id))
    booking.book([wanted], now=missed.starts_at, **desk)
    db.session.commit()

    with pytest.raises(ChildBusy):
        check_in(missed)


def test_the_clinics_midnight_counts_and_not_greenwichs():
    appointment = make_appointment()  # at nine in Shanghai, one in the morning in Greenwich
    just_after_midnight = appointment.starts_at - timedelta(hours=9)

    with pytest.raises(NotToday):
        check_in(appointment, now=just_after_midnight - timedelta(seconds=1))
    db.session.rollback()

    check_in(appointment, now=just_after_midnight)
    assert status_of(appointment) is Status.ARRIVED
