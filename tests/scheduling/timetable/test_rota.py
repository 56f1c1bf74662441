"""Weekly rules become sessions: which days, how many places, once and only once."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from clinic.centres.models import AdjustedDay, Closure, Leave
from clinic.clock import at, clinic_day, local
from clinic.db import db
from clinic.scheduling.models import ClinicSession, Slot, SlotService
from clinic.scheduling.timetable import extending, rota
from clinic.scheduling.timetable.opening import (
    EndsBeforeItBegins,
    NoPlaces,
    NotGivenHere,
    NoWholeSlot,
    withdraw_if_empty,
)
from clinic.scheduling.timetable.rota import NeverValid, NoWeekday, OverlappingRule
from clinic.scheduling.timetable.weekly import TeamStation, Weekly
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_room
from tests.world import World

MONDAY = date(2026, 3, 2)
SUNDAY = MONDAY + timedelta(days=6)
WORKING = (0, 1, 2, 3, 4)


@pytest.fixture
def team(both):
    return World()


def weekly(**kw):
    defaults = {
        "weekdays": WORKING,
        "opens": time(9),
        "closes": time(11),
        "slot_minutes": 30,
        "valid_from": MONDAY,
    }
    return Weekly(**defaults | kw)


def add(team, **kw):
    return team.add_rule(weekly(**kw))


def extend(team, first=MONDAY, last=SUNDAY):
    done = extending.extend([team.centre], first, last, now=NOON)
    db.session.commit()
    assert broken_promises() == []
    return done


def sessions():
    query = select(ClinicSession).order_by(ClinicSession.starts_at)
    return list(db.session.scalars(query))


def live_days():
    return [clinic_day(session.starts_at) for session in sessions() if session.withdrawn_at is None]


def test_a_rule_opens_its_days_with_slots_that_can_be_searched(team):
    add(team, capacity=4, online_percent=50)

    done = extend(team)

    assert (done.sessions, done.slots, done.conflicts, done.unknown_years) == (5, 20, [], [])
    assert live_days() == [MONDAY + timedelta(days=n) for n in range(5)]
    first = sessions()[0].slots
    assert [f"{local(slot.starts_at):%H:%M}" for slot in first] == [
        "09:00",
        "09:30",
        "10:00",
        "10:30",
    ]
    assert {(slot.capacity, slot.online_capacity) for slot in first} == {(4, 2)}
    assert first[0].desk_until == at(date(2026, 3, 1), time(18))
    opens = db.session.scalars(select(SlotService.opens_at).order_by(SlotService.starts_at)).all()
    assert opens[0] == at(date(2026, 2, 16), time(18))
    assert len(opens) == 20


def test_extending_again_changes_nothing_and_goes_on_where_it_stopped(team):
    add(team)
    extend(team)

    assert extend(team).sessions == 0
    assert extend(team, last=SUNDAY + timedelta(days=7)).sessions == 5
    assert len(sessions()) == 10


def test_a_session_taken_out_by_hand_does_not_come_back(team):
    add(team)
    extend(team)
    withdraw_if_empty(sessions()[0], by=team.manager, now=NOON)
    db.session.commit()

    assert extend(team).sessions == 0
    assert len(live_days()) == 4


def test_what_is_there_by_hand_goes_before_the_rota_and_is_told(team):
    rule = add(team)
    tuesday = MONDAY + timedelta(days=1)
    team.open(tuesday, opens=time(10), closes=time(12))

    done = extend(team)

    assert [(conflict.rule.id, conflict.day) for conflict in done.conflicts] == [(rule.id, tuesday)]
    assert done.sessions == 4


def test_holidays_and_the_days_worked_instead(team):
    add(team, valid_from=date(2026, 2, 1))

    extend(team, date(2026, 2, 13), date(2026, 3, 1))

    # The festival lasts from the 15th to the 23rd; the Saturdays around it are worked.
    assert [day.day for day in live_days()] == [13, 14, 24, 25, 26, 27, 28]


def test_a_centre_may_work_by_another_weekdays_timetable(team):
    add(team, weekdays=(2,))
    saturday = MONDAY + timedelta(days=5)
    db.session.add(AdjustedDay(centre_id=team.centre.id, day=saturday, works_as=2))
    db.session.commit()

    extend(team)

    assert live_days() == [MONDAY + timedelta(days=2), saturday]


def test_every_second_week(team):
    add(team, weekdays=(0,), every_weeks=2)

    extend(team, last=MONDAY + timedelta(days=27))

    assert live_days() == [MONDAY, MONDAY + timedelta(days=14)]


def test_a_year_without_a_calendar_is_not_opened_and_the_answer_says_so(team):
    add(team)

    done = extend(team, date(2026, 12, 28), date(2027, 1, 8))

    assert done.unknown_years == [2027]
    assert live_days() == [date(2026, 12, day) for day in (28, 29, 30, 31)]


def test_a_day_that_the_centre_decided_about_opens_in_a_year_without_a_calendar(team):
    add(team)
    monday, tuesday = date(2027, 1, 4), date(2027, 1, 5)
    for day, works_as in ((monday, 0), (tuesday, None)):
        db.session.add(AdjustedDay(centre_id=team.centre.id, day=day, works_as=works_as))
    db.session.commit()

    done = extend(team, date(2026, 12, 31), date(2027, 1, 8))

    assert done.unknown_years == [2027]
    assert live_days() == [date(2026, 12, 31), monday]


def test_hours_away_are_made_but_shut(team):
    add(team)
    tuesday, wednesday = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
    facts = {"centre_id": team.centre.id, "made_at": NOON, "made_by_id": team.manager.id}
    db.session.add_all(
        [
            Leave(
                practitioner_id=team.practitioner.id,
                starts_at=at(tuesday, time(8)),
                ends_at=at(tuesday, time(10)),
                **facts,
            ),
            Closure(
                room_id=team.room.id,
                starts_at=at(wednesday, time(0)),
                ends_at=at(wednesday, time(23)),
                reason_zh="检修",
                reason_en="Repairs",
                **facts,
            ),
        ]
    )
    db.session.commit()

    extend(team)

    by_day = {clinic_day(session.starts_at): session for session in sessions()}
    open_slots = [f"{local(s.starts_at):%H:%M}" for s in by_day[tuesday].slots if not s.closed_at]
    assert open_slots == ["10:00", "10:30"]
    assert by_day[wednesday].withdrawn_at is not None
    assert db.session.scalar(select(func.count(Slot.id)).where(Slot.closed_at.is_(None))) == 14


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"closes": time(9)}, EndsBeforeItBegins),
        ({"closes": time(8)}, EndsBeforeItBegins),
        ({"closes": time(9, 20)}, NoWholeSlot),
        ({"slot_minutes": 0}, NoWholeSlot),
        ({"slot_minutes": -15}, NoWholeSlot),
        ({"capacity": 0}, NoPlaces),
        ({"stations": (TeamStation("injection", 1, 31),)}, NoPlaces),
        ({"stations": (TeamStation("injection", 1, 0),)}, NoPlaces),
        ({"stations": (TeamStation("injection", 0, 5),)}, NoPlaces),
        ({"weekdays": ()}, NoWeekday),
        ({"valid_until": MONDAY - timedelta(days=1)}, NeverValid),
    ],
)
def test_a_rule_that_cannot_be_is_refused(team, wrong, error):
    with pytest.raises(error):
        add(team, **wrong)


def test_a_rule_for_another_centres_room_is_refused(team):
    with pytest.raises(NotGivenHere):
        team.add_rule(weekly(), room=World().room)


def test_a_rule_for_what_the_clinician_or_the_centre_does_not_give_is_refused(team):
    here, services = (team.practitioner, team.room), [team.service]
    other = World(centre=team.centre).service  # the centre offers it, by a colleague
    elsewhere = World(service=team.service)
    elsewhere.centre.services = []
    for who, where, what in (
        (*here, [*services, other]),
        (elsewhere.practitioner, elsewhere.room, services),
        (*here, []),
    ):
        with pytest.raises(NotGivenHere):
            rota.add_rule(who, where, what, weekly(), by=team.manager, now=NOON)


def test_days_in_the_wrong_order_are_refused(team):
    add(team)
    with pytest.raises(NeverValid):
        extend(team, SUNDAY, MONDAY)


def test_rules_that_overlap_are_refused(team):
    add(team)
    for who, where in ((team.practitioner, make_room(team.centre)), (team.colleague(), team.room)):
        with pytest.raises(OverlappingRule):
            team.add_rule(weekly(opens=time(10)), who, where)
    team.add_rule(weekly(opens=time(11), closes=time(12)))
