"""Several at once: siblings, a check and then a vaccination, courses, whoever is free."""

from datetime import date, time, timedelta
from itertools import count

import pytest

from clinic.clock import clinic_day, day_bounds, local
from clinic.db import db
from clinic.scheduling.appointments import anyone, booking, holding, moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Away
from clinic.scheduling.models import Appointment, Channel, Hold, Slot
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.search import trips
from clinic.scheduling.search.courses import (
    GapsCannotBe,
    NothingToRepeat,
    Pattern,
    TooManySessions,
    plan_course,
)
from clinic.scheduling.verdict.request import ChildBusy, Refused, Request, SamePlaceTwice, SlotTaken
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_centre,
    make_child,
    make_hold,
    make_room,
    make_service,
    make_session,
    make_user,
)
from tests.world import World

pytestmark = [pytest.mark.usefixtures("both"), pytest.mark.heavy("families of several children")]
_keys = count(1)


def team(*services, centre=None, day=TOMORROW, **kw):
    """A practitioner with a room and a session."""
    world = World(service=services[0], centre=centre)
    for service in services[1:]:
        world.also_gives(service)
    world.open(day, **kw)
    return world.practitioner


def find(wishes, *practitioners, days=1):
    start, end = day_bounds(TOMORROW, days)
    return trips.find_trips(wishes, [p.centre_id for p in practitioners], start, end, now=NOON)


def clocks(visit):
    return [f"{local(offer.starts_at):%H:%M}" for offer in visit.offers]


def wanted(wish, offer, **kw):
    return Request(wish.child, wish.service, slots_for(wish.service, offer.slot_id), **kw)


def book(items, parent=None, online=True):
    made = booking.book(
        items,
        by=parent or make_user(),
        key=f"together:{next(_keys)}",
        channel=Channel.ONLINE if online else Channel.DESK,
        now=NOON,
    ).row
    db.session.commit()
    assert broken_promises() == []
    return made


def siblings(number=2):
    parent = make_user()
    service = make_service()
    return parent, service, [Request(make_child(parent), service) for _ in range(number)]


def test_siblings_come_back_to_back_with_the_same_practitioner():
    _, service, wishes = siblings()
    practitioner = team(service)
    colleague = team(service, centre=practitioner.centre)

    found = find(wishes, practitioner)

    assert clocks(found[0]) == ["09:00", "09:15"]
    for visit in found:
        a, b = visit.offers
        assert a.practitioner_id == b.practitioner_id
    assert {trip.offers[0].practitioner_id for trip in found} == {practitioner.id, colleague.id}


def test_siblings_share_a_slot_that_has_places_for_them():
    parent, service, wishes = siblings(3)
    practitioner = team(service, slot_minutes=30, capacity=3)
    visit = find(wishes, practitioner)[0]
    assert clocks(visit) == ["09:00"] * 3
    made = book([wanted(w, o) for w, o in zip(wishes, visit.offers, strict=True)], parent)
    assert len(made.appointments) == 3

    more = [Request(make_child(), service) for _ in range(2)]
    assert clocks(find(more, practitioner)[0]) == ["09:30", "09:30"]


def test_a_slot_with_one_place_left_is_not_shared():
    _, service, wishes = siblings()
    practitioner = team(service, slot_minutes=30, capacity=2)
    first = practitioner_slots(practitioner)[0]
    make_appointment(service=service, slot=first)
    assert clocks(find(wishes, practitioner)[0]) == ["09:00", "09:30"]


def practitioner_slots(practitioner):
    query = db.session.query(Slot).filter_by(practitioner_id=practitioner.id)
    return query.order_by(Slot.starts_at).all()


def test_a_check_and_then_a_vaccination_in_one_visit():
    check = make_service(kind="checkups", minutes=30)
    vaccination = make_service(kind="vaccination")
    checker = team(check, opens=time(10), closes=time(12))
    nurse = team(vaccination, centre=checker.centre, closes=time(11))
    child = make_child()

    found = find([Request(child, check), Request(child, vaccination)], checker)

    assert [clocks(one) for one in found] == [["10:00", "10:30"], ["10:15", "10:45"]]
    assert {trip.offers[1].practitioner_id for trip in found} == {nurse.id}


def test_nothing_follows_later_than_half_an_hour_or_at_another_centre():
    check, vaccination = make_service(), make_service()
    checker = team(check, closes=time(9, 15))
    team(vaccination)
    team(vaccination, centre=checker.centre, opens=time(9, 50), closes=time(11))
    child = make_child()
    wishes = [Request(child, check), Request(child, vaccination)]
    assert find(wishes, checker) == []


def test_the_nearest_room_is_preferred_to_a_far_one():
    first, second = make_service(), make_service()
    centre = make_centre()
    team(first, centre=centre)
    near = team(second, centre=centre)
    team(second, centre=centre)
    child = make_child()
    found = find([Request(child, first), Request(child, second)], near)
    assert {trip.offers[1].practitioner_id for trip in found} == {near.id}


def test_a_list_is_booked_whole_or_not_at_all():
    parent, service, wishes = siblings()
    practitioner = team(service)
    visit = find(wishes, practitioner)[0]
    items = [wanted(w, o) for w, o in zip(wishes, visit.offers, strict=True)]
    make_appointment(service=service, slot=db.session.get_one(Slot, visit.offers[1].slot_id))

    with pytest.raises(SlotTaken):
        book(items, parent)

    db.session.rollback()
    assert db.session.query(Appointment).count() == 1
    assert db.session.get_one(Slot, visit.offers[0].slot_id).taken == 0


def test_the_same_time_twice_for_one_child_is_refused():
    parent, service, wishes = siblings()
    practitioner = team(service, capacity=5)
    offer = find(wishes[:1], practitioner)[0].offers[0]
    with pytest.raises(SamePlaceTwice):
        book([wanted(wishes[0], offer), wanted(wishes[0], offer)], parent)
    db.session.rollback()
    colleague = team(service, centre=practitioner.centre)
    same_time = wanted(wishes[0], find(wishes[:1], colleague)[1].offers[0])
    with pytest.raises((ChildBusy, Refused)):
        book([wanted(wishes[0], offer), same_time], parent)
    db.session.rollback()
    assert db.session.query(Appointment).count() == 0


def test_several_holds_are_one_decision():
    parent, service, wishes = siblings()
    practitioner = team(service)
    visit = find(wishes, practitioner)[0]
    items = [wanted(w, o) for w, o in zip(wishes, visit.offers, strict=True)]

    lead = make_hold(*items, by=parent, now=NOON)
    db.session.commit()
    group = holding.group_of(lead)
    assert [hold.child_id for hold in group] == [wish.child.id for wish in wishes]
    again = make_hold(*items, by=parent, now=NOON)
    db.session.commit()
    group = holding.group_of(again)
    assert db.session.query(Hold).count() == 2

    kept = [wanted(w, o, hold=h) for w, o, h in zip(wishes, visit.offers, group, strict=True)]
    made = book(kept, parent)
    assert len(made.appointments) == 2

    booking.cancel(made.appointments[0], by=parent, online=True, now=NOON)
    db.session.commit()
    assert made.appointments[1].cancelled_at is None
    assert broken_promises() == []


def test_dropping_one_hold_of_a_group_drops_all():
    parent, service, wishes = siblings()
    practitioner = team(service)
    visit = find(wishes, practitioner)[0]
    items = [wanted(w, o) for w, o in zip(wishes, visit.offers, strict=True)]
    lead = make_hold(*items, by=parent, now=NOON)
    db.session.commit()
    holding.give_up(lead, now=NOON)
    db.session.commit()
    assert db.session.query(Hold).count() == 0
    assert len(find(wishes[:1], practitioner)) == 8


FIRST = date(2026, 3, 3)  # a Tuesday
TUE_THU = (1, 3)


class Course(World):
    """A therapist with sessions on every working day of six weeks, a colleague, and a child's wish."""

    def __init__(self):
        super().__init__("rehab", minutes=30)
        policy = {"release_days": 90, "per_week": 7}
        set_policy(policy, service=self.service, centre=None, by=None, now=NOON)
        self.therapist, self.other = self.practitioner, self.colleague()
        rooms = {self.therapist: self.room, self.other: make_room(self.centre)}
        days = [FIRST + timedelta(days=n) for n in range(42)]
        for day in (day for day in days if day.weekday() < 5):
            for who, room in rooms.items():
                make_session(who, room, [self.service], day=day, slot_minutes=30)
        self.wish = Request(self.child, self.service)


@pytest.fixture
def course():
    return Course()


def plan(course, **kw):
    defaults = {
        "count": 6,
        "weekdays": TUE_THU,
        "wall": time(10),
        "practitioner_id": course.therapist.id,
        "max_gap": 7,
    }
    pattern = Pattern(**defaults | kw)
    return plan_course(course.wish, course.centre.id, FIRST, pattern, now=NOON)


def days_of(found):
    return [clinic_day(sitting.offer.starts_at).isoformat()[5:] for sitting in found.sittings]


def test_a_course_keeps_its_weekdays_time_and_therapist(course):
    found = plan(course)
    assert found.is_whole
    assert days_of(found) == ["03-03", "03-05", "03-10", "03-12", "03-17", "03-19"]
    assert {sitting.why for sitting in found.sittings} == {""}
    assert {sitting.offer.practitioner_id for sitting in found.sittings} == {course.therapist.id}
    assert {f"{local(sitting.offer.starts_at):%H:%M}" for sitting in found.sittings} == {"10:00"}


def test_a_course_goes_around_what_is_taken_and_says_so(course):
    service, therapist, colleague = course.service, course.therapist, course.other
    at_ten = [
        slot
        for slot in practitioner_slots(therapist)
        if f"{local(slot.starts_at):%H:%M}" == "10:00"
    ]
    make_appointment(service=service, slot=at_ten[2])  # Thursday the 5th
    course.do(Away(therapist, *day_bounds(date(2026, 3, 10))))
    for who in (therapist, colleague):
        course.do(Away(who, *day_bounds(date(2026, 3, 12))))

    found = plan(course)

    whys = [(day, one.why) for day, one in zip(days_of(found), found.sittings, strict=True)]
    assert whys == [
        ("03-03", ""),
        ("03-05", "other_time"),
        ("03-10", "other_practitioner"),
        ("03-17", "other_day"),
        ("03-19", ""),
        ("03-24", ""),
    ]


def test_a_course_that_cannot_be_whole_says_where_it_stops(course):
    therapist, colleague = course.therapist, course.other
    manager = make_user()
    for who in (therapist, colleague):
        away = Away(who, *day_bounds(date(2026, 3, 9), 14))
        shown = applying.preview(away, now=NOON)
        applying.apply(away, shown.version, by=manager, now=NOON)
    db.session.commit()

    found = plan(course)

    assert not found.is_whole
    assert days_of(found) == ["03-03", "03-05", "03-06"]  # the last on another day
    assert found.stopped_at == date(2026, 3, 7)


def test_gaps_are_kept(course):
    found = plan(course, weekdays=(0, 1, 2, 3, 4), min_gap=3, max_gap=4)
    assert days_of(found)[:4] == ["03-03", "03-06", "03-09", "03-12"]


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"count": 1}, NothingToRepeat),
        ({"count": 41}, TooManySessions),
        ({"weekdays": ()}, NothingToRepeat),
        ({"min_gap": 0}, GapsCannotBe),
        ({"min_gap": 5, "max_gap": 4}, GapsCannotBe),
    ],
)
def test_a_pattern_that_makes_no_course_is_refused(course, wrong, error):
    with pytest.raises(error):
        plan(course, **wrong)


def taken(course, found):
    return book([wanted(course.wish, sitting.offer) for sitting in found.sittings], course.parent)


def test_a_course_is_taken_whole_and_one_session_moved_alone(course):
    wish, parent = course.wish, course.parent
    made = taken(course, plan(course))
    assert len(made.appointments) == 6
    before = [appointment.starts_at for appointment in made.appointments]

    free = find([wish], course.therapist, days=5)
    wednesday = next(trip for trip in free if clinic_day(trip.starts_at).weekday() == 2)
    item = wanted(wish, wednesday.offers[0])
    moving.move([Move(made.appointments[0], item)], by=parent, online=True, now=NOON)
    db.session.commit()

    assert [appointment.starts_at for appointment in made.appointments[1:]] == before[1:]
    assert broken_promises() == []


def test_all_that_remain_move_together_also_into_each_others_times(course):
    service, therapist = course.service, course.therapist
    wish, parent = course.wish, course.parent
    made = taken(course, plan(course))
    rest = made.appointments[1:]
    pattern = Pattern(5, TUE_THU, time(10), therapist.id, max_gap=7)
    found = plan_course(
        wish,
        therapist.centre_id,
        date(2026, 3, 10),
        pattern,
        now=NOON,
        except_for=[one.id for one in rest],
    )
    # Their own old times are not free, so the plan goes around them; slide by one instead.
    slots = [slots_for(service, appointment.slot_id) for appointment in rest[1:]]
    last = slots_for(service, found.sittings[-1].offer.slot_id)
    moves = [
        (one, Request(wish.child, service, run))
        for one, run in zip(rest, [*slots, last], strict=True)
    ]
    moving.move([Move(*each) for each in moves], by=parent, online=True, now=NOON)
    db.session.commit()

    assert [appointment.slot_id for appointment in rest] == [run[0].id for run in [*slots, last]]
    assert all(appointment.displaced_at is None for appointment in rest)
    assert broken_promises() == []


def test_moving_all_is_refused_whole(course):
    service, wish, parent = course.service, course.wish, course.parent
    made = taken(course, plan(course))
    before = [appointment.slot_id for appointment in made.appointments]
    rival = next(
        practitioner_slot
        for practitioner_slot in practitioner_slots(course.therapist)
        if clinic_day(practitioner_slot.starts_at) == date(2026, 3, 6)
    )
    make_appointment(service=service, slot=rival)
    moves = [
        (made.appointments[0], Request(wish.child, service, slots_for(service, before[1]))),
        (made.appointments[1], Request(wish.child, service, slots_for(service, rival.id))),
    ]
    with pytest.raises(SlotTaken):
        moving.move([Move(*each) for each in moves], by=parent, online=True, now=NOON)
    db.session.rollback()
    assert [appointment.slot_id for appointment in made.appointments] == before
    assert broken_promises() == []


def test_whoever_is_free_is_fairly_spread():
    service = make_service()
    first = team(service)
    for _ in range(2):
        team(service, centre=first.centre)
    slot_id = practitioner_slots(first)[0].id
    got = []
    for _ in range(3):
        chosen = anyone.whoever_is_free(service, slot_id, now=NOON)[0]
        item = Request(make_child(), service, slots_for(service, chosen))
        got.append(book([item]).appointments[0].practitioner_id)
    assert len(set(got)) == 3
    # Everybody is taken at nine; at a quarter past the one with least to do is asked first.
    busy = practitioner_slots(first)[1:4]
    for slot in busy[1:]:
        make_appointment(service=service, slot=slot)
    chosen = anyone.whoever_is_free(service, busy[0].id, now=NOON)[0]
    assert db.session.get_one(Slot, chosen).practitioner_id != first.id


def test_when_nobody_is_free_the_asked_one_says_so():
    service = make_service()
    first = team(service)
    slot = practitioner_slots(first)[0]
    make_appointment(service=service, slot=slot)
    assert anyone.whoever_is_free(service, slot.id, now=NOON) == [slot.id]
