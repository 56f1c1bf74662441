"""Retiring: from that day on nothing of it is planned, held or booked, and nobody is lost."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select

from clinic.centres.models import CentreService, Closure, Leave
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.changes import applying, reopening
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.retiring import (
    IsRetired,
    Retire,
    RetiredForGood,
    RetiresTooSoon,
    take_back,
)
from clinic.scheduling.models import ClinicSession, Slot, SlotService
from clinic.scheduling.timetable.closings import SlotClosing
from clinic.scheduling.timetable.extending import extend
from clinic.scheduling.timetable.opening import Hours, RetiredThen, open_session
from clinic.scheduling.timetable.rota import add_rule
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verdict.verdict import verdict
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, TOMORROW, make_child, make_practitioner, make_service
from tests.makes import make_session as open_for
from tests.scheduling.changes.clinic import Clinic

pytestmark = pytest.mark.usefixtures("both")
TODAY = clinic_day(NOON)
NEXT_DAY = TOMORROW + timedelta(days=1)
HOURS = Hours(time(9), time(11), 15, 1, 1)


def retire(clinic, what, day=TOMORROW):
    return clinic.do(Retire(what, day, TODAY))


def offered(clinic):
    return db.session.get_one(CentreService, (clinic.centre.id, clinic.service.id))


def back(clinic, what, now=NOON):
    done = take_back(what, by=clinic.manager, now=now)
    db.session.commit()
    assert broken_promises() == []
    return done


WHAT = {
    "practitioner": lambda clinic: clinic.practitioner,
    "room": lambda clinic: clinic.room,
    "centre": lambda clinic: clinic.centre,
    "service": lambda clinic: clinic.service,
    "what a centre offers": offered,
}


@pytest.mark.parametrize("what", WHAT)
def test_families_lose_their_time_and_get_it_back_when_it_is_taken_back(what):
    clinic = Clinic()
    day_before = clinic.book(session=clinic.open(TODAY, opens=time(15), closes=time(16)))
    visit, form = clinic.book(0), clinic.hold(1)
    row = WHAT[what](clinic)
    shown = retire(clinic, row)
    assert [lost.id for lost in shown.displaced] == [visit.id]
    assert (visit.displaced_at, day_before.displaced_at) == (NOON, None)
    assert {time_.starts_at.date() for time_ in clinic.free()} <= {TODAY}
    [no] = verdict(clinic.request(make_child(), 2), online=False, now=NOON)
    assert (no.code, no.works_from) == ("retired", None)
    with pytest.raises(IsRetired):
        retire(clinic, row, NEXT_DAY)

    done = back(clinic, row)
    assert ([one.id for one in done.restored], row.retired_on) == ([visit.id], None)
    assert visit.displaced_at is None
    assert verdict(clinic.request(make_child(), 2), online=True, now=NOON) == []
    assert db.session.query(SlotClosing).count() == 0
    assert form.id  # its place is gone; the family is told when it confirms


def test_not_from_today_and_not_for_good_once_the_day_is_past():
    clinic = Clinic()
    with pytest.raises(RetiresTooSoon):
        retire(clinic, clinic.room, TODAY)
    retire(clinic, clinic.room, TOMORROW)
    with pytest.raises(RetiredForGood):
        back(clinic, clinic.room, now=NOON + timedelta(days=2))


def test_a_session_goes_on_for_the_services_that_are_left():
    clinic = Clinic()
    other = make_service()
    clinic.practitioner.services.append(other)
    clinic.centre.services.append(other)
    both = open_for(clinic.practitioner, clinic.room, [clinic.service, other], day=NEXT_DAY)
    stays = clinic.book(0, both)
    lost = clinic.book(1, both)
    stays.service = other
    db.session.commit()
    shown = retire(clinic, offered(clinic), NEXT_DAY)
    assert [visit.id for visit in shown.displaced] == [lost.id]
    assert stays.displaced_at is None
    open_slots = select(Slot.id).where(Slot.clinic_session_id == both.id, Slot.closed_at.is_(None))
    assert len(db.session.scalars(open_slots).all()) == len(both.slots)
    rows = select(SlotService.service_id).where(
        SlotService.clinic_session_id == both.id, SlotService.closed.is_(False)
    )
    assert set(db.session.scalars(rows)) == {other.id}

    retire(clinic, other, NEXT_DAY)  # the last one: now the session is shut
    assert db.session.scalars(open_slots).all() == []
    assert stays.displaced_at is not None
    done = back(clinic, offered(clinic))
    assert [one.id for one in done.restored] == [lost.id]
    assert [one.id for one in back(clinic, other).restored] == [stays.id]


def test_what_stays_retired_elsewhere_stays_shut():
    clinic = Clinic()
    visit = clinic.book(0)
    retire(clinic, offered(clinic), TOMORROW)
    retire(clinic, clinic.service, TOMORROW)
    assert back(clinic, clinic.service).restored == ()
    assert [one.id for one in back(clinic, offered(clinic)).restored] == [visit.id]


def test_beside_a_closure_and_a_leave_each_reason_goes_by_itself():
    clinic = Clinic()
    visit = clinic.book(0)
    closed, away = clinic.do(clinic.close()), clinic.do(clinic.away())
    retire(clinic, clinic.practitioner)
    retire(clinic, clinic.room)
    assert [closed.displaced, away.displaced] == [(visit,), ()]
    rows = [*db.session.query(Closure), *db.session.query(Leave)]
    for row in rows:
        assert reopening.lift(row, by=clinic.manager, now=NOON).slots == 0
        db.session.commit()
    assert reopening.reopen(clinic.session, by=clinic.manager, now=NOON).slots == 0
    assert back(clinic, clinic.practitioner).slots == 0
    assert [one.id for one in back(clinic, clinic.room).restored] == [visit.id]


def test_a_booking_since_it_was_shown_is_looked_at_first():
    clinic = Clinic()
    change = Retire(clinic.practitioner, TOMORROW, TODAY)
    shown = applying.preview(change, now=NOON)
    clinic.book(0)
    db.session.commit()
    with pytest.raises(NotAsShown):
        applying.apply(change, shown.version, by=clinic.manager, now=NOON)


@pytest.mark.parametrize("what", WHAT)
def test_the_rota_opens_no_day_of_it_and_all_of_them_when_it_is_taken_back(what):
    clinic = Clinic()
    every_day = Weekly(tuple(range(7)), time(13), time(14), 15, TODAY)
    add_rule(
        *(clinic.practitioner, clinic.room, [clinic.service], every_day),
        by=clinic.manager,
        now=NOON,
    )
    db.session.commit()
    row = WHAT[what](clinic)
    retire(clinic, row, NEXT_DAY)
    last = TODAY + timedelta(days=9)
    extend([clinic.centre], TODAY, last, now=NOON)
    db.session.commit()
    assert broken_promises() == []
    days = select(ClinicSession.rota_day).where(ClinicSession.rota_rule_id.is_not(None))
    assert max(db.session.scalars(days)) == TOMORROW
    back(clinic, row)
    extend([clinic.centre], TODAY, last, now=NOON)
    db.session.commit()
    assert max(db.session.scalars(days)) == last


@pytest.mark.parametrize("what", WHAT)
def test_no_session_by_hand_and_no_rule_from_then_on(what):
    clinic = Clinic()
    retire(clinic, WHAT[what](clinic), NEXT_DAY)
    wanted = (clinic.practitioner, clinic.room, [clinic.service])
    with pytest.raises(RetiredThen):
        open_session(*wanted, NEXT_DAY, HOURS, by=clinic.manager, now=NOON)
    weekly = Weekly(tuple(range(7)), time(13), time(14), 15, NEXT_DAY)
    with pytest.raises(RetiredThen):
        add_rule(*wanted, weekly, by=clinic.manager, now=NOON)


def test_the_room_is_free_for_the_successor():
    clinic = Clinic()
    weekly = Weekly(tuple(range(7)), time(13), time(14), 15, TODAY)
    wanted = (clinic.room, [clinic.service])
    add_rule(clinic.practitioner, *wanted, weekly, by=clinic.manager, now=NOON)
    retire(clinic, clinic.practitioner, NEXT_DAY)
    successor = make_practitioner([clinic.service], centre=clinic.centre)
    after = Weekly(tuple(range(7)), time(13), time(14), 15, NEXT_DAY)
    rule = add_rule(successor, *wanted, after, by=clinic.manager, now=NOON)
    done = extend([clinic.centre], TODAY, TODAY + timedelta(days=7), now=NOON)
    db.session.commit()
    assert (done.conflicts, broken_promises()) == ([], [])
    opened = select(ClinicSession.rota_day).where(ClinicSession.rota_rule_id == rule.id)
    assert min(db.session.scalars(opened)) == NEXT_DAY
