"""What the centre owes a family is kept to; whoever waits is served first; nothing is planned that cannot be."""

from datetime import time, timedelta

import pytest

from clinic.centres.models import AdjustedDay
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking, expired, holding
from clinic.scheduling.models import Channel, Hold, Slot
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.search.courses import Pattern, plan_course
from clinic.scheduling.search.trips import find_trips
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verdict.request import Refused, Request, SamePlaceTwice, SlotTaken
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import joining, offering
from clinic.scheduling.waitlist.wishes import NeverMet
from clinic.scheduling.work import work
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
    make_user,
)
from tests.scheduling.changes.clinic import Clinic
from tests.scheduling.waitlist.owed import wait

pytestmark = pytest.mark.usefixtures("app")
LATER = TOMORROW + timedelta(days=3)


def test_the_same_time_twice_is_refused_before_it_is_kept():
    clinic = Clinic(capacity=2)
    wanted = clinic.request(make_child(), 0)
    with pytest.raises(SamePlaceTwice):
        make_hold(wanted, wanted, by=clinic.manager, now=NOON)


def test_more_than_a_day_allows_is_refused_before_it_is_kept():
    clinic = Clinic()
    child = make_child()
    wanted = [clinic.request(child, 0), clinic.request(child, 2)]
    with pytest.raises(Refused) as refused:
        make_hold(*wanted, by=clinic.manager, now=NOON)
    assert refused.value.objections[0].code == "enough_that_day"


def test_what_was_kept_in_time_is_confirmed_in_time():
    clinic = Clinic()
    parent = make_user()
    child = make_child(parent)
    just = clinic.session.starts_at - timedelta(minutes=31)
    kept = make_hold(clinic.request(child, 0), by=parent, now=just)
    later = just + timedelta(minutes=5)

    wanted = clinic.request(child, 0, hold=kept)
    made = booking.book([wanted], by=parent, key="k", channel=Channel.ONLINE, now=later).row

    assert made.appointments[0].slot_id == clinic.session.slots[0].id


def test_choosing_another_time_gives_the_first_to_who_waits():
    clinic = Clinic()
    parent = make_user()
    child = make_child(parent)
    make_hold(clinic.request(child, 0), by=parent, now=NOON)
    entry = wait(clinic)

    make_hold(clinic.request(child, 1), by=parent, now=NOON)
    db.session.commit()

    [offer] = offering.live_offers(entry.id)
    assert offer.slot_id == clinic.session.slots[0].id


def test_a_place_whose_hold_is_over_goes_to_who_waits_before_who_comes_by():
    clinic = Clinic(closes=time(9, 15))
    parent, other = make_user(), make_user()
    kept = make_hold(clinic.request(make_child(parent), 0), by=parent, now=NOON)
    entry = wait(clinic)
    over = kept.expires_at + timedelta(minutes=5)

    with pytest.raises(SlotTaken):
        make_hold(clinic.request(make_child(other), 0), by=other, now=over)
    db.session.rollback()
    expired.offer_places([clinic.session.slots[0].id], now=over)
    db.session.commit()

    assert len(offering.live_offers(entry.id)) == 1
    assert clinic.free(now=over) == []


def test_a_shut_offer_costs_the_family_no_turn():
    clinic = Clinic(closes=time(9, 15))
    taken = clinic.book(0)
    entry = wait(clinic, day=LATER)
    booking.cancel(taken, by=clinic.manager, online=False, now=NOON)
    db.session.commit()
    [offer] = offering.live_offers(entry.id)

    clinic.do(clinic.close())
    work(now=NOON + timedelta(hours=2))

    assert list(offering.live_offers(entry.id)) == []
    assert db.session.get_one(Hold, offer.id).ended_at == NOON
    assert entry.lapses == 0


def test_what_a_closure_of_a_part_leaves_free_goes_to_who_waits():
    long, clinic = make_service(minutes=30), Clinic(closes=time(9, 30))
    practitioner = make_practitioner([long, clinic.service], centre=clinic.centre)
    room = make_room(clinic.centre)
    both = [long, clinic.service]
    session = make_session(practitioner, room, both, opens=time(10), closes=time(10, 30))
    for number in range(2):
        clinic.book(number)
    lost = make_appointment(service=long, slot=session.slots[0])
    entry = wait(clinic)

    clinic.do(clinic.close(time(10), time(10, 15)))

    assert status_of(lost) is Status.DISPLACED
    [offer] = offering.live_offers(entry.id)
    assert offer.slot_id == session.slots[1].id


@pytest.mark.parametrize(("hour", "possible"), [(11, True), (12, False)])
def test_a_part_of_today_that_is_over_cannot_be_waited_for(hour, possible):
    clinic = Clinic()
    now = at(TOMORROW, time(hour))
    if possible:
        assert wait(clinic, now=now).id
        return
    with pytest.raises(NeverMet):
        wait(clinic, now=now)


def test_a_holiday_on_which_this_centre_works_can_be_waited_for():
    clinic = Clinic()
    holiday = TOMORROW.replace(month=4, day=6)
    rest = {"first_day": holiday, "last_day": holiday, "now": NOON}
    parent = make_user()
    who = ([make_child(parent)], clinic.service, [clinic.centre])
    wish = {"weekdays": range(7), "parts": ["morning"], **rest}
    with pytest.raises(NeverMet):
        joining.join(parent, *who, **wish)
    db.session.add(AdjustedDay(centre_id=clinic.centre.id, day=holiday, works_as=0))
    db.session.commit()

    assert joining.join(parent, *who, **wish).id


def test_a_course_keeps_to_what_a_week_allows():
    service = make_service("rehab")
    rule = {"release_days": 60, "per_week": 2}
    set_policy(rule, service=service, centre=None, by=None, now=NOON)
    practitioner = make_practitioner([service])
    room = make_room(practitioner.centre)
    for number in range(21):
        make_session(practitioner, room, [service], day=TOMORROW + timedelta(days=number))
    parent = make_user()
    wish = Request(make_child(parent), service)
    pattern = Pattern(6, (0, 1, 2, 3, 4), time(9))

    course = plan_course(wish, practitioner.centre_id, TOMORROW, pattern, now=NOON)

    assert course.is_whole
    wanted = [
        Request(wish.child, service, slots_for(service, sitting.offer.slot_id))
        for sitting in course.sittings
    ]
    lead = make_hold(*wanted, by=parent, now=NOON)
    with_holds = [
        Request(one.child, one.service, one.slots, hold=kept)
        for one, kept in zip(wanted, holding.group_of(lead), strict=True)
    ]
    made = booking.book(with_holds, by=parent, key="k", channel=Channel.ONLINE, now=NOON).row
    assert len(made.appointments) == 6
    assert broken_promises() == []


def test_siblings_share_a_slot_that_the_desk_has_let_go():
    clinic = Clinic(closes=time(9, 15), capacity=2, online_capacity=1)
    slot = clinic.session.slots[0]
    parent = make_user()
    wishes = [Request(make_child(parent), clinic.service) for _ in range(2)]

    def found(now):
        end = slot.ends_at
        return find_trips(wishes, [clinic.centre.id], slot.starts_at, end, now=now)

    until = db.session.get_one(Slot, slot.id).desk_until
    assert found(until - timedelta(minutes=1)) == []
    assert len(found(until)) == 1
