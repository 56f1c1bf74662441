"""A course keeps its weekdays, its hour and its therapist, and is taken and moved whole."""

from datetime import date, time, timedelta

import pytest

from clinic.clock import clinic_day, day_bounds, local
from clinic.db import db
from clinic.scheduling.appointments import moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.kinds import Away
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.search.courses import (
    GapsCannotBe,
    NothingToRepeat,
    Pattern,
    TooManySessions,
    plan_course,
)
from clinic.scheduling.verdict.request import Request, SlotTaken
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_appointment, make_room, make_session, make_user
from tests.scheduling.search.together import book, find, practitioner_slots, wanted
from tests.world import World

pytestmark = [pytest.mark.usefixtures("both"), pytest.mark.heavy("families of several children")]
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
