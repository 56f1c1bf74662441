"""Sessions by hand: what cannot be, what is shut in them from the start, and taking one out."""

from datetime import time, timedelta

import pytest

from clinic.centres.models import Closure, Leave
from clinic.db import db
from clinic.scheduling.changes import reopening
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
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, TOMORROW, make_hold, make_service
from tests.world import World

pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture
def team(both):
    return World()


def opened(team, day=TOMORROW, slot_minutes=15, services=None):
    hours = Hours(time(9), time(10), slot_minutes, 1, 1)
    services = services or [team.service]
    made = open_session(
        team.practitioner, team.room, services, day, hours, by=team.manager, now=NOON
    )
    db.session.commit()
    return made


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
    with pytest.raises(NotGivenHere):
        opened(team, services=[make_service()])


def test_hours_within_a_closure_or_a_leave_are_made_shut_and_open_when_it_is_lifted(team):
    team.open(opens=time(14), closes=time(15))
    team.do(team.close(time(8), time(9, 15)))
    team.do(team.away(time(9, 45), time(10)))

    made = opened(team)

    why = [[ClosedFor.CLOSURE], [], [], [ClosedFor.LEAVE]]
    assert [reasons_of(slot) for slot in made.slots] == why
    assert broken_promises() == []
    for shut in (*db.session.query(Closure), *db.session.query(Leave)):
        reopening.lift(shut, by=team.manager, now=NOON)
    db.session.commit()
    db.session.expire_all()
    assert [reasons_of(slot) for slot in made.slots] == [[]] * 4
    assert broken_promises() == []


def test_a_week_with_a_day_that_is_shut_is_refused_and_names_the_day(team):
    shut = TOMORROW + timedelta(days=1)
    team.do(team.close(day=shut))

    with pytest.raises(ShutThen) as refused:
        open_week(
            team.practitioner,
            team.room,
            [team.service],
            [TOMORROW, shut],
            Hours(time(9), time(10), 15, 1, 1),
            by=team.manager,
            now=NOON,
        )

    assert refused.value.params == {"day": shut}
    db.session.rollback()
    assert sessions() == []


def test_a_hold_that_has_expired_does_not_keep_a_session(team):
    session = opened(team)
    kept = make_hold(team.request(team.child, session=session), by=team.parent, now=NOON)
    db.session.commit()
    with pytest.raises(HasAppointments):
        withdraw_if_empty(session, by=team.manager, now=NOON)

    withdraw_if_empty(session, by=team.manager, now=kept.expires_at)
    db.session.commit()

    assert broken_promises() == []


def test_a_session_with_families_stays(team):
    session = opened(team)
    team.book(session=session)
    with pytest.raises(HasAppointments):
        withdraw_if_empty(session, by=team.manager, now=NOON)
