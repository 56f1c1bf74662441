"""New times are kept for a family that lost its own: which ones, and when they are let go."""

from datetime import timedelta

import pytest

from clinic.db import db
from clinic.scheduling.appointments import booking, moving, new_times
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.models import HoldFor
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, TOMORROW, make_practitioner
from tests.scheduling.changes.clinic import Clinic

pytestmark = pytest.mark.usefixtures("both")


def test_the_best_new_times_are_kept_the_same_practitioner_first():
    clinic = Clinic()
    colleague = make_practitioner([clinic.service], centre=clinic.centre)
    clinic.open(TOMORROW, practitioner=colleague)
    later = clinic.open(TOMORROW + timedelta(days=2))
    lost = clinic.book(0)
    clinic.do(clinic.away())
    assert new_times.not_offered_yet(now=NOON) == [lost.id]

    kept = new_times.offer_to(lost.id, now=NOON)
    db.session.commit()

    assert [hold.slot_id for hold in kept] == [slot.id for slot in later.slots[:2]]
    assert {hold.purpose for hold in kept} == {HoldFor.NEW_TIME}
    assert {hold.expires_at for hold in kept} == {NOON + timedelta(hours=24)}
    assert {slot.id for slot in later.slots[:2]} & {
        slot_time.slot_id for slot_time in clinic.free()
    } == set()
    assert new_times.not_offered_yet(now=NOON) == []
    assert new_times.offer_to(lost.id, now=NOON) == []


def test_taking_one_new_time_lets_the_other_go():
    clinic = Clinic()
    later = clinic.open(TOMORROW + timedelta(days=2))
    lost = clinic.book(0)
    clinic.do(clinic.away())
    _, second = new_times.offer_to(lost.id, now=NOON)
    db.session.commit()

    slots = slots_for(clinic.service, second.slot_id)
    wanted = Request(lost.child, clinic.service, slots, hold=second)
    moving.move([Move(lost, wanted)], by=clinic.manager, online=True, now=NOON)
    db.session.commit()

    assert status_of(lost) is Status.BOOKED
    assert lost.slot_id == later.slots[1].id
    assert {slot_time.starts_at for slot_time in clinic.free()} == {
        slot.starts_at for slot in later.slots if slot.id != lost.slot_id
    }
    assert broken_promises() == []
    assert new_times.kept_for(lost, now=NOON) == []


def test_cancelling_instead_lets_both_go():
    clinic = Clinic()
    later = clinic.open(TOMORROW + timedelta(days=2))
    lost = clinic.book(0)
    clinic.do(clinic.away())
    new_times.offer_to(lost.id, now=NOON)
    booking.cancel(lost, by=clinic.manager, online=True, now=NOON)
    db.session.commit()
    assert len(clinic.free()) == len(later.slots)
    assert new_times.waiting() == []
    assert broken_promises() == []


def test_a_family_without_any_other_time_still_waits():
    clinic = Clinic()
    lost = clinic.book(0)
    clinic.do(clinic.close())
    assert new_times.offer_to(lost.id, now=NOON) == []
    assert new_times.waiting() == [lost]
