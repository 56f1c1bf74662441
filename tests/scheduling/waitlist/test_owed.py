"""A family that lost its time is owed another: how it takes it, and when it is kept no more."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from clinic.audit.trail import AuditEvent
from clinic.db import db
from clinic.scheduling.appointments import anyone, holding, moving, new_times
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.day import attendance
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable import release
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.work import work
from tests.makes import NOON, TOMORROW, make_appointment, make_practitioner
from tests.scheduling.changes.clinic import Clinic
from tests.scheduling.waitlist.owed import displaced, take

pytestmark = pytest.mark.usefixtures("app")
LATER = TOMORROW + timedelta(days=3)


def test_a_new_time_that_is_not_released_yet_is_theirs_all_the_same():
    clinic = Clinic()
    lost = displaced(clinic)
    kept, *_ = new_times.offer_to(lost.id, now=NOON)
    rule = {"release_days": 1}
    set_policy(rule, service=clinic.service, centre=None, by=None, now=NOON)
    release.reschedule([clinic.service.id], now=NOON - timedelta(days=30))

    take(clinic, lost, kept)

    assert status_of(lost) is Status.BOOKED


def test_a_family_that_is_paused_takes_the_new_time_it_is_owed():
    clinic = Clinic()
    lost = displaced(clinic)
    rule = {"absences": [[1, 30]]}
    set_policy(rule, service=clinic.service, centre=None, by=None, now=NOON)
    missed = make_appointment(lost.child, now=NOON)
    after = missed.starts_at + timedelta(hours=1)
    attendance.mark_no_show(missed, by=clinic.manager, now=after, note="")
    kept, *_ = new_times.offer_to(lost.id, now=after)

    take(clinic, lost, kept, now=after)

    assert status_of(lost) is Status.BOOKED


def test_new_times_that_nobody_took_are_offered_again_but_not_for_ever():
    clinic = Clinic()
    lost = displaced(clinic)
    found = [work(now=NOON + timedelta(hours=25 * number)).new_times for number in range(5)]
    assert found[: new_times.MOST_ROUNDS] == [new_times.KEPT] * 2 + [new_times.KEPT]
    assert found[new_times.MOST_ROUNDS :] == [0] * (5 - new_times.MOST_ROUNDS)
    assert status_of(lost) is Status.DISPLACED


def test_a_time_that_was_declined_is_not_offered_again():
    clinic = Clinic()
    lost = displaced(clinic)
    first, second = new_times.offer_to(lost.id, now=NOON)
    declined = {first.slot_id, second.slot_id}
    for hold in (first, second):
        holding.give_up(hold, now=NOON)
    db.session.commit()

    again = new_times.offer_to(lost.id, now=NOON + timedelta(minutes=1))

    assert len(again) == new_times.KEPT
    assert declined & {hold.slot_id for hold in again} == set()


def test_when_a_kept_time_is_shut_too_another_is_found():
    clinic = Clinic()
    lost = displaced(clinic)
    new_times.offer_to(lost.id, now=NOON)
    db.session.commit()
    clinic.open(LATER + timedelta(days=1))
    clinic.do(clinic.close(day=LATER))

    assert new_times.not_offered_yet(now=NOON) == [lost.id]
    assert len(new_times.offer_to(lost.id, now=NOON)) == new_times.KEPT


def test_looking_in_vain_leaves_no_trail():
    clinic = Clinic()
    clinic.book(0)
    clinic.do(clinic.away())
    count = select(func.count(AuditEvent.id))
    before = db.session.scalar(count)

    for minute in range(3):
        work(now=NOON + timedelta(minutes=minute))

    assert db.session.scalar(count) == before


def test_moving_everything_gives_the_kept_times_back():
    clinic = Clinic()
    lost = displaced(clinic)
    new_times.offer_to(lost.id, now=NOON)
    free = clinic.free()[-1]
    slots = slots_for(clinic.service, free.slot_id)
    wanted = Request(lost.child, clinic.service, slots)

    moving.move(
        [Move(*each) for each in [(lost, wanted)]], by=clinic.manager, online=True, now=NOON
    )
    db.session.commit()

    assert list(new_times.kept_for(lost, now=NOON)) == []
    assert len(clinic.free()) == 7


def test_anyone_is_found_for_a_service_of_several_slots():
    clinic = Clinic(minutes=30)
    colleague = make_practitioner([clinic.service], centre=clinic.centre)
    theirs = clinic.open(TOMORROW, practitioner=colleague)
    clinic.book(0)

    found = anyone.whoever_is_free(clinic.service, clinic.session.slots[0].id, now=NOON)

    assert found == [theirs.slots[0].id]
