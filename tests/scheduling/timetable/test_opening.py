"""Sessions by hand: what cannot be, what is shut in them from the start, and taking one out."""

from datetime import time, timedelta

import pytest

from clinic.centres.models import Closure, Leave
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.changes import applying, reopening
from clinic.scheduling.changes.kinds import Away, Close
from clinic.scheduling.models import ClinicSession, ClosedFor
from clinic.scheduling.timetable.closings import SlotClosing
from clinic.scheduling.timetable.opening import (
    HasAppointments,
    Hours,
    NotGivenHere,
    NoWholeSlot,
    ShutThen,
    open_session,
    open_week,
    withdraw_if_empty,
)
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
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

pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture
def team(both):
    """A practitioner with a room, and who asks."""
    services = [make_service()]
    practitioner = make_practitioner(services)
    return practitioner, make_room(practitioner.centre), services, make_user()


def opened(team, day=TOMORROW, slot_minutes=15):
    practitioner, room, services, by = team
    hours = Hours(time(9), time(10), slot_minutes, 1, 1)
    made = open_session(practitioner, room, services, day, hours, by=by, now=NOON)
    db.session.commit()
    return made


def do(change, by):
    applying.apply(change, applying.preview(change, now=NOON).version, by=by, now=NOON)
    db.session.commit()


def reasons_of(slot):
    rows = db.session.query(SlotClosing).filter_by(slot_id=slot.id).order_by(SlotClosing.id)
    return [row.reason for row in rows]


def sessions():
    return db.session.query(ClinicSession).all()


@pytest.mark.parametrize("minutes", [0, -15, 61])
def test_slots_without_a_length_do_not_fit(team, minutes):
    with pytest.raises(NoWholeSlot):
        opened(team, slot_minutes=minutes)


def test_what_the_clinician_does_not_give_is_refused(team):
    practitioner, room, _, by = team
    with pytest.raises(NotGivenHere):
        opened((practitioner, room, [make_service()], by))


def test_hours_within_a_closure_or_a_leave_are_made_shut_and_open_when_it_is_lifted(team):
    practitioner, room, services, by = team
    make_session(practitioner, room, services, opens=time(14), closes=time(15))
    closure = Close(practitioner.centre, at(TOMORROW, time(8)), at(TOMORROW, time(9, 15)), "x", "x")
    leave = Away(practitioner, at(TOMORROW, time(9, 45)), at(TOMORROW, time(10)))
    do(closure, by)
    do(leave, by)

    made = opened(team)

    why = [[ClosedFor.CLOSURE], [], [], [ClosedFor.LEAVE]]
    assert [reasons_of(slot) for slot in made.slots] == why
    assert broken_promises() == []
    for shut in (*db.session.query(Closure), *db.session.query(Leave)):
        reopening.lift(shut, by=by, now=NOON)
    db.session.commit()
    db.session.expire_all()
    assert [reasons_of(slot) for slot in made.slots] == [[]] * 4
    assert broken_promises() == []


def test_a_week_with_a_day_that_is_shut_is_refused_and_names_the_day(team):
    practitioner, room, services, by = team
    shut = TOMORROW + timedelta(days=1)
    closure = Close(practitioner.centre, at(shut, time(0)), at(shut, time(23)), "x", "x")
    do(closure, by)

    with pytest.raises(ShutThen) as refused:
        open_week(
            practitioner,
            room,
            services,
            [TOMORROW, shut],
            Hours(time(9), time(10), 15, 1, 1),
            by=by,
            now=NOON,
        )

    assert refused.value.params == {"day": shut}
    db.session.rollback()
    assert sessions() == []


def test_a_hold_that_has_expired_does_not_keep_a_session(team):
    session, parent = opened(team), make_user()
    wanted = Request(make_child(parent), team[2][0], slots_for(team[2][0], session.slots[0].id))
    kept = make_hold(wanted, by=parent, now=NOON)
    db.session.commit()
    with pytest.raises(HasAppointments):
        withdraw_if_empty(session, by=team[3], now=NOON)

    withdraw_if_empty(session, by=team[3], now=kept.expires_at)
    db.session.commit()

    assert broken_promises() == []


def test_a_session_with_families_stays(team):
    session = opened(team)
    make_appointment(service=team[2][0], slot=session.slots[0])
    with pytest.raises(HasAppointments):
        withdraw_if_empty(session, by=team[3], now=NOON)
