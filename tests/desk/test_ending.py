"""The end of the day at the desk."""

from datetime import time, timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.clock import clinic_day
from clinic.db import db
from clinic.desk.ending_queries import day_at
from clinic.scheduling.appointments import booking
from clinic.scheduling.day import attendance
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from clinic.visits import arriving, line
from clinic.visits.models import DeskNote, Encounter, Ticket
from clinic.visits.rules import State
from tests.makes import NOON, make_appointment, make_centre, make_service, make_slot, make_user
from tests.queries import count_queries

MINUTE = timedelta(minutes=1)


@pytest.fixture
def app(both):
    """Each of these on both engines: what is closed here was loaded with rows of other tables."""
    return both


@pytest.fixture
def slot(app):
    with time_machine.travel(NOON, tick=False):
        day = clinic_day(NOON)
        yield make_slot(make_service(), day=day, opens=time(14), closes=time(17), capacity=9)


@pytest.fixture
def evening(slot):
    """After the last slot of the day."""
    with time_machine.travel(slot.starts_at + timedelta(hours=4), tick=False):
        yield


@pytest.fixture
def reception(slot):
    return make_user(Role.RECEPTION, centre=slot.centre, name="小周")


@pytest.fixture
def desk(client, reception):
    return client.sign_in(reception)


def book(slot):
    return make_appointment(service=slot.practitioner.services[0], slot=slot)


def test_who_did_not_come_is_proposed_and_only_the_ticked_are_marked(slot, desk, evening):
    missed, called = book(slot), book(slot)
    page = desk.get("/desk/end").text
    assert page.count('name="appointment"') == 2
    desk.post("/desk/end/missed", data={"appointment": [missed.id, "x", 999]})
    assert (status_of(missed), status_of(called)) == (Status.NO_SHOW, Status.BOOKED)
    assert db.session.query(AuditEvent).filter_by(action="no_show").one().subject_id == missed.id


def test_nobody_whose_time_is_not_over_is_proposed(slot, desk):
    book(slot)
    page = desk.get("/desk/end").text
    assert 'name="appointment"' not in page


def test_the_visits_of_another_centre_are_not_marked(app, slot, desk, evening):
    with time_machine.travel(NOON, tick=False):
        elsewhere = book(
            make_slot(make_service(), day=clinic_day(NOON), opens=time(14), closes=time(17))
        )
    desk.post("/desk/end/missed", data={"appointment": elsewhere.id})
    assert status_of(elsewhere) is Status.BOOKED
    assert desk.get(f"/desk/end?centre={elsewhere.centre.code}").status_code == 404


def test_what_is_still_open_is_closed_with_one_press(slot, desk, reception, evening):
    here = book(slot)
    arriving.check_in(here, by=reception, now=slot.starts_at)
    page = desk.get("/desk/end").text
    assert "A001" in page
    assert here.child.name in page  # came, and nobody has finished the visit
    desk.post("/desk/end/queue")
    ticket = db.session.query(Ticket).one()
    assert ticket.state is State.DONE
    assert ticket.encounter.closed_by_id == reception.id
    assert not desk.page("/desk/end").has_form(action="/end/queue")


def test_a_closing_is_taken_back_with_one_press(slot, desk, reception, evening):
    waits, called, skipped = (
        arriving.check_in(book(slot), by=reception, now=slot.starts_at) for _ in range(3)
    )
    at = slot.starts_at + MINUTE
    line.call(called, slot.clinic_session.room, seen=1, by=reception, now=at)
    line.skip(skipped, seen=1, by=reception, now=at)
    before = {
        ticket.id: (ticket.state, ticket.station, ticket.room_id, ticket.place)
        for ticket in (waits, called, skipped)
    }
    db.session.commit()
    page = desk.page("/desk/end").press("全部结束").follow()
    assert "A001" in page.words
    assert db.session.query(Ticket).filter(Ticket.state == State.DONE).count() == 3
    stale = page
    page = page.press("撤销“全部结束”：3个号恢复原状").follow()
    now = {
        ticket.id: (ticket.state, ticket.station, ticket.room_id, ticket.place)
        for ticket in db.session.query(Ticket)
    }
    assert now == before
    assert not db.session.query(Encounter).filter(Encounter.closed_at.is_not(None)).count()
    assert db.session.query(AuditEvent).filter_by(action="ticket_undo").count() == 3
    assert stale.press("撤销“全部结束”：3个号恢复原状").status == 303  # a second press
    assert page.has_form(action="/end/queue")  # and closed again


def test_who_came_again_after_the_closing_keeps_the_new_ticket(slot, desk, reception, evening):
    first, second = book(slot), book(slot)
    for one in (first, second):
        arriving.check_in(one, by=reception, now=slot.starts_at)
    db.session.commit()
    desk.page("/desk/end").press("全部结束")
    arriving.undo_check_in(first, by=reception, now=slot.ends_at, reason="mistake")
    again = arriving.check_in(first, by=reception, now=slot.starts_at + timedelta(hours=4))
    db.session.commit()
    desk.page("/desk/end").press("撤销“全部结束”：1个号恢复原状")
    states = {ticket.id: ticket.state for ticket in db.session.query(Ticket)}
    assert states.pop(again.id) is State.WAITING
    assert sorted(states.values()) == sorted([State.VOID, State.WAITING])


def test_those_marked_as_missed_are_taken_back_with_one_press(slot, desk, evening):
    missed = [book(slot), book(slot)]
    page = desk.page("/desk/end").press("确认未到").follow()
    assert {status_of(appointment) for appointment in missed} == {Status.NO_SHOW}
    page.press("撤销：这2位不算未到").follow()
    db.session.expire_all()
    assert {status_of(appointment) for appointment in missed} == {Status.BOOKED}
    assert {len(appointment.booking.appointments) for appointment in missed} == {1}
    assert db.session.query(AuditEvent).filter_by(action="undo_no_show").count() == 2
    assert not broken_promises()


def test_while_visits_are_expected_the_queue_is_not_closed(slot, desk, reception):
    here, _ = book(slot), book(slot)
    arriving.check_in(here, by=reception, now=NOON)
    assert "/desk/end/queue" not in desk.get("/desk/end").text
    assert desk.post("/desk/end/queue").status_code == 422
    assert db.session.query(Ticket).one().state is State.WAITING


def test_who_is_observed_is_not_closed_with_the_queue(slot, desk, reception, evening):
    here = book(slot)
    ticket = arriving.check_in(here, by=reception, now=slot.starts_at)
    ticket.state, ticket.station = State.OBSERVING, "observation"
    db.session.commit()
    desk.post("/desk/end/queue")
    assert db.session.query(Ticket).one().state is State.OBSERVING


def test_the_summary_counts_and_learns(slot, desk, reception, evening):
    doctor = make_user(Role.CLINICIAN, centre=slot.centre)
    came, _, cancelled = book(slot), book(slot), book(slot)
    ticket = arriving.check_in(came, by=reception, now=slot.starts_at)
    at = slot.starts_at + 6 * MINUTE
    line.call_next(slot.centre_id, "doctor", came.room, by=doctor, now=at)
    line.finish(ticket, seen=2, by=doctor, now=at + 8 * MINUTE)
    attendance.finish(came, by=doctor, now=at + 8 * MINUTE, note="")
    booking.cancel(cancelled, by=reception, online=False, now=slot.starts_at - MINUTE)
    db.session.commit()
    day = day_at(slot.centre, at + 30 * MINUTE)
    (line_,), (station,) = day.lines, day.stations
    assert dict(line_.standing) == {Status.DONE: 1, Status.BOOKED: 1, Status.CANCELLED: 1}
    assert (station.station, station.served, station.waited, station.took) == ("doctor", 1, 6, 8)


def test_a_note_is_left_for_the_next_shift_and_for_no_other_centre(app, slot, desk):
    desk.post("/desk/end", data={"text": "冰箱报警已处理"})
    note = db.session.query(DeskNote).one()
    assert note.text == "冰箱报警已处理"
    page = desk.get("/desk/end").text
    assert "冰箱报警已处理" in page
    assert "小周" in page
    other = app.test_client().sign_in(make_user(Role.RECEPTION, centre=make_centre()))
    assert "冰箱报警" not in other.get("/desk/end").text


@pytest.mark.parametrize("text", ["", "  ", "字" * 1001])
def test_a_note_that_is_none_is_said(slot, desk, text):
    answer = desk.post("/desk/end", data={"text": text})
    assert answer.status_code == 422
    assert 'id="text-error"' in answer.text
    assert db.session.query(DeskNote).count() == 0


def test_the_page_asks_as_often_for_one_as_for_many(slot, desk, evening):
    desk.get("/desk/end")  # what is read once and kept
    book(slot)
    few = count_queries(lambda: desk.get("/desk/end"))
    for _ in range(4):
        book(slot)
    assert count_queries(lambda: desk.get("/desk/end")) == few
