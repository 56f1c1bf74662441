"""What a clinician has written down moves the ticket, without a second press."""

from datetime import time, timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Slot
from clinic.visits import arriving, line, recorded
from clinic.visits.line import NothingToUndo
from clinic.visits.models import Ticket
from clinic.visits.rules import State
from tests.makes import NOON, make_appointment, make_service, make_user
from tests.vaccination.jab.at_the_jab import GOOD, ON_THE_DAY, Day
from tests.world import World

MINUTE = timedelta(minutes=1)
TODAY = clinic_day(NOON)


@pytest.fixture
def given(client):
    """A checked-in child got its dose; the ticket was never touched in the queue."""
    day = Day()
    day.answer()
    reception = make_user(Role.RECEPTION, centre=day.visit.centre)
    arriving.check_in(day.visit, by=reception, now=ON_THE_DAY)
    db.session.commit()
    with time_machine.travel(ON_THE_DAY + MINUTE, tick=False):
        assert client.sign_in(day.vaccinator).post(day.page, data=GOOD).status_code == 303
    return day


def ticket():
    db.session.expire_all()
    return db.session.query(Ticket).one()


def test_who_got_a_dose_sits_down_to_be_observed_and_is_done_when_let_go(client, given):
    assert (ticket().state, ticket().station) == (State.OBSERVING, "observation")

    leaving = f"/vaccination/visits/{given.visit.id}/leaving"
    with time_machine.travel(ON_THE_DAY + 10 * MINUTE, tick=False):
        assert client.post(leaving, data={"reason": ""}).status_code == 422
        assert ticket().state is State.OBSERVING
    with time_machine.travel(ON_THE_DAY + 31 * MINUTE, tick=False):
        assert client.post(leaving).status_code == 303

    assert ticket().state is State.DONE
    assert ticket().encounter.closed_at == ON_THE_DAY + 31 * MINUTE


def test_the_board_goes_by_ticket_number(client, given):
    with time_machine.travel(ON_THE_DAY + 2 * MINUTE, tick=False):
        assert ticket().label in client.get("/vaccination/observation").text


def test_the_queue_does_not_let_go_whom_the_board_watches(client, given):
    press = {"verb": "finish", "seen": str(ticket().steps), "station": "observation", "room": ""}
    with time_machine.travel(ON_THE_DAY + 40 * MINUTE, tick=False):
        shown = client.get("/desk/queue", query_string={"station": "observation", "room": ""}).text
        answer = client.post(f"/desk/queue/tickets/{ticket().id}", data=press)

    assert f'id="finish-{ticket().id}"' not in shown
    assert 'href="/vaccination/observation"' in shown
    assert answer.status_code == 422
    assert "请在留观看板上办理离开" in answer.text
    assert ticket().state is State.OBSERVING


@pytest.fixture
def seen(app):
    """A doctor's appointment with a ticket, called to the room."""
    world = World()
    world.also_gives(make_service())
    visit = world.book(session=world.open(TODAY, opens=time(14), closes=time(16)))
    arriving.check_in(visit, by=world.reception, now=NOON)
    line.call_next(world.centre.id, "doctor", world.room, by=world.clinician, now=NOON)
    db.session.commit()
    return visit, world.clinician


@pytest.mark.usefixtures("noon")
def test_a_finished_visit_is_a_finished_ticket(client, seen):
    visit, doctor = seen
    browser = client.sign_in(doctor)
    facts = {"outcome": "done", "note": "", "version": str(visit.version)}
    assert browser.post(f"/calendar/appointments/{visit.id}/outcome", data=facts).status_code == 303

    assert ticket().state is State.DONE
    assert ticket().encounter.closed_at == NOON


def test_what_is_on_record_is_not_taken_back_in_the_queue(seen):
    visit, doctor = seen
    recorded.seen(visit, by=doctor, now=NOON)

    with pytest.raises(NothingToUndo):
        line.undo(ticket(), seen=ticket().steps, by=doctor, now=NOON + MINUTE)


def test_without_a_ticket_nothing_happens(app):
    visit = make_appointment()
    recorded.seen(visit, by=make_user(Role.CLINICIAN, centre=visit.centre), now=NOON)
    assert db.session.query(Ticket).count() == 0


def test_a_ticket_waits_on_for_the_second_appointment_in_the_same_room(seen):
    first, doctor = seen
    session = db.session.get_one(Slot, first.slot_id).clinic_session
    other = next(service for service in first.practitioner.services if service is not first.service)
    second = make_appointment(first.child, other, session.slots[1])
    arriving.check_in(second, by=doctor, now=NOON)

    for visit, state in ((first, State.CALLED), (second, State.DONE)):
        attendance.finish(visit, by=doctor, now=NOON, note="")
        recorded.gone(visit, by=doctor, now=NOON)
        assert ticket().state is state
