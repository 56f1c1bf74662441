"""放号: to the second, the desk's share handed over, and what is given back in the rush rests."""

from datetime import date, datetime, time, timedelta
from itertools import count

import pytest
from sqlalchemy import select

from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking, holding
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Channel, SlotService
from clinic.scheduling.policies.stored import policy_for, set_policy
from clinic.scheduling.timetable import opening, release
from clinic.scheduling.timetable.opening import ReleaseInPast
from clinic.scheduling.verdict.request import Refused, Request
from clinic.scheduling.verdict.slot_times import slots_for
from tests.makes import (
    NOON,
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
from tests.scheduling.timetable.released import book, free, policy

pytestmark = pytest.mark.usefixtures("both")
_keys = count(1)
SECOND = timedelta(seconds=1)
LATER = date(2026, 3, 20)
OPENS = at(date(2026, 3, 6), time(18))  # fourteen days before, at six


@pytest.mark.parametrize(("moment", "opened"), [(OPENS - SECOND, False), (OPENS, True)])
def test_a_day_opens_to_the_second(moment, opened):
    service = make_service()
    slot = make_slot(service, day=LATER)

    assert free(service, slot, moment) is opened
    if opened:
        book(service, slot, moment)
    else:
        with pytest.raises(Refused) as refused:
            book(service, slot, moment)
        [objection] = refused.value.objections
        assert (objection.code, objection.works_from) == ("not_open_yet", OPENS)


def test_the_desk_need_not_wait_for_the_release():
    service = make_service()
    slot = make_slot(service, day=LATER)
    assert book(service, slot, NOON, Channel.DESK).slot_id == slot.id


def test_each_service_has_its_own_release():
    service = make_service()
    policy(service, release_days=7, release_time="07:30")
    slot = make_slot(service, day=LATER)
    opens = at(date(2026, 3, 13), time(7, 30))
    assert [free(service, slot, moment) for moment in (opens - SECOND, opens)] == [False, True]


def test_a_new_policy_moves_what_is_closed_and_leaves_what_is_open():
    service = make_service()
    opened, closed = make_slot(service), make_slot(service, day=LATER)
    before = db.session.query(SlotService.opens_at).filter_by(slot_id=opened.id).scalar()

    policy(service, release_days=3)
    release.reschedule([service.id], now=NOON)
    db.session.commit()

    assert db.session.query(SlotService.opens_at).filter_by(slot_id=opened.id).scalar() == before
    assert free(service, opened, NOON)
    assert not free(service, closed, OPENS)
    assert free(service, closed, at(date(2026, 3, 17), time(18)))


def test_a_release_set_by_hand_is_kept():
    service = make_service()
    practitioner = make_practitioner([service])
    hours, by_hand = opening.Hours(time(9), time(10), 15, 1, 1), NOON + timedelta(hours=5)
    opening.open_session(
        practitioner,
        make_room(practitioner.centre),
        [service],
        LATER,
        hours,
        by=make_user(),
        now=NOON,
        opens_at=by_hand,
    )
    policy(service, release_days=3)

    assert release.reschedule([service.id], now=NOON) == 0

    assert set(db.session.scalars(select(SlotService.opens_at))) == {by_hand}


def test_two_services_of_a_slot_have_the_earlier_of_their_desks_hours():
    one, other = make_service(), make_service()
    practitioner = make_practitioner([one, other])
    policy(one, desk_keeps_until_days=3)
    session = make_session(
        practitioner,
        make_room(practitioner.centre),
        [one, other],
        day=LATER,
        capacity=2,
        online_capacity=1,
    )
    before = session.slots[0].desk_until

    for services in ([one.id, other.id], [other.id, one.id], [other.id]):
        release.reschedule(services, now=NOON)
        db.session.commit()
        db.session.expire_all()
        assert session.slots[0].desk_until == before == at(LATER - timedelta(days=3), time(18))


def test_a_release_in_the_past_is_refused():
    slot = make_slot(make_service())
    session = slot.clinic_session
    with pytest.raises(ReleaseInPast):
        opening.open_session(
            session.practitioner,
            session.room,
            session.practitioner.services,
            LATER,
            opening.Hours(time(9), time(10), 15, 1, 1),
            by=make_user(),
            now=NOON,
            opens_at=NOON - SECOND,
        )


def test_the_narrower_scope_goes_before_the_wider():
    service = make_service()
    slot = make_slot(service)
    for scope, settings in (
        ({"service": None, "centre": None}, {"per_day": 2, "per_week": 7, "late_after": 5}),
        ({"service": None, "centre": slot.centre}, {"per_day": 3, "per_week": 8}),
        ({"service": service, "centre": None}, {"per_day": 4}),
    ):
        set_policy(settings, **scope, by=None, now=NOON)
    db.session.commit()
    found = policy_for(service.id, slot.centre_id)
    assert (found.per_day, found.per_week, found.late_after) == (4, 8, 5)
    elsewhere = policy_for(service.id, 0)
    assert (elsewhere.per_day, elsewhere.per_week) == (4, 7)
    set_policy({"per_day": 5}, service=service, centre=slot.centre, by=None, now=NOON)
    assert policy_for(service.id, slot.centre_id).per_day == 5


def missed(child, service, days):
    """A visit that many days ago to which the child did not come."""
    when = NOON - timedelta(days=days)
    slot = make_slot(service, day=when.date(), opens=time(9), closes=time(9, 15))
    appointment = make_appointment(child, service, slot, now=when - timedelta(days=1))
    attendance.mark_no_show(appointment, by=make_user(), now=when, note="")
    db.session.commit()


def test_missed_visits_pause_what_is_not_urgent_until_staff_lift_it():
    parent = make_user()
    child = make_child(parent)
    service = make_service(kind="rehab")
    urgent = make_service()
    policy(urgent, urgent=True)
    vaccination = make_service(kind="vaccination")
    for days in (9, 2):
        missed(child, service, days)
    slots = {one.id: make_slot(one) for one in (service, urgent, vaccination)}

    with pytest.raises(Refused) as refused:
        book(service, slots[service.id], NOON, child=child)
    db.session.rollback()
    [objection] = refused.value.objections
    assert objection.code == "paused"
    assert isinstance(objection.works_from, datetime)
    for other in (urgent, vaccination):
        cancel_again(book(other, slots[other.id], NOON, child=child))
    cancel_again(book(service, slots[service.id], NOON, Channel.PHONE, child=child))

    attendance.lift_pause(child, by=parent, now=NOON)
    db.session.commit()
    book(service, slots[service.id], NOON, child=child)


def cancel_again(appointment: Appointment):
    booking.cancel(appointment, by=make_user(), online=False, now=NOON)
    db.session.commit()


def test_a_family_keeps_so_many_forms_open_and_no_more():
    service = make_service()
    policy(service, holds_per_family=2)
    parent = make_user()
    slot = make_slot(service, capacity=9)
    children = [make_child(parent) for _ in range(3)]

    def hold(child):
        wanted = Request(child, service, slots_for(service, slot.id))
        kept = make_hold(wanted, by=parent, now=NOON)
        db.session.commit()
        return kept

    first = hold(children[0])
    hold(children[1])
    hold(children[1])  # the same form again is no third
    with pytest.raises(holding.TooManyHolds):
        hold(children[2])
    db.session.rollback()
    holding.give_up(first, now=NOON)
    db.session.commit()
    hold(children[2])
