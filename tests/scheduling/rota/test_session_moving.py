"""A session is moved on its day: whom it concerns is shown first, who finds their time keeps it."""

from datetime import time, timedelta

import pytest

from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.scheduling.appointments import new_times
from clinic.scheduling.changes import applying
from clinic.scheduling.changes.as_shown import NotAsShown
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.rota import session_moving
from clinic.scheduling.rota.session_moving import HasBegun, InThePast, Moving
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable import opening
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_appointment, make_practitioner, make_room, make_slot
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota

pytestmark = pytest.mark.usefixtures("both")
TUESDAY = NEXT_MONDAY + timedelta(days=1)


def moving(made, opens=time(9), closes=time(11), room=None, day=TUESDAY):
    return Moving(made.sessions(TUESDAY)[0], room or made.room, day, opens, closes)


def move(made, asked, shown=None, now=NOON):
    shown = shown or session_moving.preview(asked, now=now)
    db.session.commit()
    done = session_moving.move(asked, shown.version, by=made.manager, now=now)
    db.session.commit()
    assert broken_promises() == []
    return done


def test_another_room_keeps_everybody_at_their_time():
    made, other = Rota(), None
    visit, other = made.book(TUESDAY, 3), make_room(made.centre)
    moment = visit.starts_at
    done = move(made, moving(made, room=other))
    db.session.expire_all()
    assert ([one.id for one in done.kept], done.lost) == ([visit.id], ())
    assert (status_of(visit), visit.starts_at, visit.room_id) == (Status.BOOKED, moment, other.id)


def test_other_hours_keep_who_is_inside_and_offer_the_others_new_times():
    made = Rota()
    early, late = made.book(TUESDAY, 0), made.book(TUESDAY, 6)
    done = move(made, moving(made, time(10), time(12)))
    db.session.expire_all()
    assert [one.id for one in done.lost] == [early.id]
    assert [status_of(appointment) for appointment in (early, late)] == [
        Status.DISPLACED,
        Status.BOOKED,
    ]
    assert new_times.offer_to(early.id, now=NOON) != []


def test_the_rota_does_not_bring_the_old_session_back():
    made = Rota()
    move(made, moving(made, time(14), time(16)))
    made.open()
    everything = [
        session for session in made.sessions() if session.starts_at >= day_bounds(TUESDAY)[0]
    ]
    there = [session for session in everything if session.starts_at < day_bounds(TUESDAY)[1]]
    assert [(session.starts_at, session.ends_at) for session in there] == [
        (at(TUESDAY, time(14)), at(TUESDAY, time(16)))
    ]


def test_a_booking_in_between_is_shown_first():
    made = Rota()
    asked = moving(made, time(10), time(12))
    shown = session_moving.preview(asked, now=NOON)
    made.book(TUESDAY, 1)
    with pytest.raises(NotAsShown):
        move(made, asked, shown)


def close_the_day(made):
    change = Close(made.centre, *day_bounds(TUESDAY), "检修", "Repairs")
    applying.apply(change, applying.preview(change, now=NOON).version, by=made.manager, now=NOON)
    db.session.commit()


def close_the_afternoon(made):
    change = Close(made.centre, at(TUESDAY, time(13)), at(TUESDAY, time(18)), "检修", "Repairs")
    applying.apply(change, applying.preview(change, now=NOON).version, by=made.manager, now=NOON)
    db.session.commit()


def another_in_the_room(made):
    who = make_practitioner([made.service], centre=made.centre)
    made.add(who, made.room, weekdays=(1,), opens=time(14), closes=time(16))
    made.open()


def the_same_clinician(made):
    made.add(None, make_room(made.centre), weekdays=(1,), opens=time(14), closes=time(16))
    made.open()


@pytest.mark.parametrize(
    ("happens", "opens", "closes", "refusal"),
    [
        (None, 11, 10, opening.EndsBeforeItBegins),
        (close_the_afternoon, 14, 16, opening.ShutThen),
        (another_in_the_room, 15, 17, opening.RoomBusy),
        (the_same_clinician, 15, 17, opening.PractitionerBusy),
    ],
)
def test_what_cannot_be_is_said_and_nothing_changes(happens, opens, closes, refusal):
    made = Rota()
    if happens:
        happens(made)
    visit = made.book(TUESDAY)
    with pytest.raises(refusal):
        session_moving.preview(moving(made, time(opens), time(closes)), now=NOON)
    db.session.rollback()
    assert status_of(visit) is Status.BOOKED


def test_a_session_that_is_withdrawn_or_has_begun_is_not_moved():
    made = Rota()
    asked = moving(made, time(10), time(12))
    begun = at(TUESDAY, time(9, 30))
    with pytest.raises(HasBegun):
        session_moving.preview(asked, now=begun)
    close_the_day(made)
    with pytest.raises(HasBegun):
        session_moving.preview(asked, now=NOON)


def test_another_day_takes_the_session_there_and_everybody_loses_their_time():
    made = Rota()
    visit, friday = made.book(TUESDAY, 3), TUESDAY + timedelta(days=3)
    asked = moving(made, day=friday)
    shown = session_moving.preview(asked, now=NOON)
    assert [appointment.id for appointment in shown.lost] == [visit.id]
    move(made, asked, shown)
    db.session.expire_all()
    assert made.sessions(TUESDAY) == []
    assert [
        (session.starts_at, session.room_id)
        for session in made.sessions()
        if session.starts_at >= at(friday, time(0))
    ][:1] == [(at(friday, time(9)), made.room.id)]
    assert status_of(visit) is Status.DISPLACED
    assert new_times.offer_to(visit.id, now=NOON)


def test_another_day_asked_under_what_was_shown_for_this_one_is_refused():
    made = Rota()
    shown = session_moving.preview(moving(made, opens=time(10)), now=NOON)
    other = moving(made, opens=time(10), day=TUESDAY + timedelta(days=3))
    with pytest.raises(NotAsShown):
        session_moving.move(other, shown.version, by=made.manager, now=NOON)


@pytest.mark.parametrize("day", [NEXT_MONDAY - timedelta(days=8), NEXT_MONDAY - timedelta(days=7)])
def test_nothing_is_moved_into_the_past(day):
    with pytest.raises(InThePast):
        session_moving.preview(moving(Rota(), day=day), now=NOON)


def test_who_lost_a_time_gets_it_back_when_the_hours_are_long_again():
    made = Rota()
    visit, late = made.book(TUESDAY, 1), made.book(TUESDAY, 6)
    move(made, moving(made, time(9), time(10)))
    assert status_of(late) is Status.DISPLACED
    assert new_times.offer_to(late.id, now=NOON)
    db.session.commit()
    made.session = next(
        session for session in made.sessions() if session.starts_at == at(TUESDAY, time(9))
    )

    done = move(made, Moving(made.session, made.room, TUESDAY, time(9), time(11)))

    db.session.expire_all()
    assert [one.id for one in done.back] == [late.id]
    assert [status_of(appointment) for appointment in (visit, late)] == [
        Status.BOOKED,
        Status.BOOKED,
    ]
    assert late.starts_at == at(TUESDAY, time(10, 30))
    assert new_times.kept_for(late, now=NOON) == []


def test_whose_child_is_elsewhere_by_then_does_not_get_it_back():
    made = Rota()
    late = made.book(TUESDAY, 6)
    move(made, moving(made, time(9), time(10)))
    slot = make_slot(day=TUESDAY, opens=time(10, 30))
    make_appointment(late.child, slot.practitioner.services[0], slot)
    session = next(
        session for session in made.sessions() if session.starts_at == at(TUESDAY, time(9))
    )

    move(made, Moving(session, made.room, TUESDAY, time(9), time(11)))

    db.session.expire_all()
    assert status_of(late) is Status.DISPLACED
