"""From the door to the end of the observation, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.clock import clinic_day
from clinic.db import broken_promise, db
from clinic.visits import arriving, line, queries, waits
from clinic.visits.line import NobodyWaits, NothingToUndo, NotOurRoom, StaysUntil
from clinic.visits.models import TicketStep
from clinic.visits.rules import State
from clinic.visits.steps import JustChanged, NotNow
from tests.makes import NOON, make_appointment, make_child, make_service, make_slot, make_user
from tests.visits.morning import Morning, make_check_slot

pytestmark = pytest.mark.usefixtures("both")
TODAY, MINUTE = clinic_day(NOON), timedelta(minutes=1)


@pytest.fixture
def morning(both):
    return Morning()


def test_a_child_is_led_from_the_door_to_the_end_of_the_observation(morning):
    ticket = morning.arrive()
    assert (ticket.label, ticket.state, ticket.station) == ("B001", State.WAITING, "screening")
    for station in ("screening", "registration", "vaccination"):
        assert morning.call_next(station) is ticket
        morning.do(line.begin, ticket)
        morning.do(line.finish, ticket, after=3 * MINUTE)
    assert (ticket.state, ticket.station) == (State.OBSERVING, "observation")

    with pytest.raises(StaysUntil):
        morning.do(line.finish, ticket, after=29 * MINUTE)
    db.session.rollback()
    morning.do(line.finish, ticket, after=MINUTE)
    assert ticket.state is State.DONE
    assert ticket.encounter.closed_at == morning.now


def test_who_is_on_time_goes_by_the_booked_time_and_who_is_late_by_arrival(morning):
    slots = morning.session.slots
    early, late = (
        make_appointment(service=morning.service, slot=slots[2]),
        make_appointment(service=morning.service, slot=slots[0]),
    )
    arriving.check_in(early, by=morning.desk, now=slots[0].starts_at)
    morning.now = slots[2].starts_at + 16 * MINUTE
    arriving.check_in(late, by=morning.desk, now=morning.now)
    db.session.commit()
    assert morning.call_next("screening").encounter.child_id == early.child_id


def test_who_was_not_there_comes_back_behind_the_next_three(morning):
    tickets = [morning.arrive() for _ in range(5)]
    first = morning.call_next("screening")
    morning.do(line.skip, first)
    morning.do(line.back, first, by=morning.desk)
    order = [ticket.label for ticket in queries.queue(morning.centre.id, TODAY)]
    assert first is tickets[0]
    assert order == ["B002", "B003", "B004", "B001", "B005"]


def test_handing_over_to_a_room_leaves_the_ticket_to_that_room(morning):
    ticket = morning.arrive()
    morning.do(line.hand_over, ticket, "vaccination", morning.other_room, by=morning.desk)
    with pytest.raises(NobodyWaits):
        morning.call_next("vaccination", morning.room)
    assert morning.call_next("vaccination", morning.other_room) is ticket
    stranger = make_slot(make_service()).clinic_session.room
    with pytest.raises(NotOurRoom):
        morning.do(line.hand_over, ticket, "doctor", stranger)


def test_a_child_with_two_tickets_is_called_to_one_room_at_a_time(morning):
    child = make_child()
    first = morning.arrive(child)
    check = make_service("checkups")
    slot = make_check_slot(morning, check)
    arriving.check_in(make_appointment(child, check, slot), by=morning.desk, now=morning.now)
    db.session.commit()
    assert morning.call_next("screening") is first
    with pytest.raises(NobodyWaits):
        morning.call_next("screening", morning.other_room)
    morning.do(line.finish, first)
    assert morning.call_next("screening", morning.other_room).label == "C001"


def test_who_did_not_see_the_last_step_does_nothing(morning):
    ticket = morning.arrive()
    seen = ticket.steps
    morning.call_next("screening")
    with pytest.raises(JustChanged):
        line.hand_over(ticket, "doctor", None, seen=seen, by=morning.desk, now=morning.now)


def test_reception_calls_for_the_doctor_but_does_not_finish(morning):
    ticket = morning.arrive()
    morning.do(line.hand_over, ticket, "vaccination", None, by=morning.desk)
    morning.call_next("vaccination", by=morning.desk)
    with pytest.raises(NotNow):
        morning.do(line.finish, ticket, by=morning.desk)
    stranger = make_user(Role.CLINICIAN, centre=make_slot(make_service()).centre)
    with pytest.raises(NotNow):
        morning.do(line.finish, ticket, by=stranger)


def test_undo_goes_back_a_step_at_a_time_and_reopens_the_visit(both):
    morning = Morning("pediatrics")
    ticket = morning.arrive()
    morning.call_next("doctor")
    morning.do(line.begin, ticket)
    morning.do(line.finish, ticket)
    assert ticket.encounter.closed_at is not None
    walked = []
    for _ in range(3):
        morning.do(line.undo, ticket)
        walked.append(ticket.state)
    assert walked == [State.WITH, State.CALLED, State.WAITING]
    assert ticket.encounter.closed_at is None
    with pytest.raises(NothingToUndo):
        morning.do(line.undo, ticket)


def test_what_is_long_done_is_not_undone(morning):
    ticket = morning.arrive()
    morning.call_next("screening")
    with pytest.raises(NothingToUndo):
        morning.do(line.undo, ticket, after=6 * MINUTE)


def test_every_step_is_on_record_with_who_and_when(morning):
    ticket = morning.arrive()
    morning.call_next("screening")
    morning.do(line.finish, ticket, after=4 * MINUTE)
    steps = db.session.scalars(select(TicketStep).order_by(TicketStep.number)).all()
    assert [(step.verb, step.by_id, step.served) for step in steps] == [
        ("issue", morning.desk.id, None),
        ("call", morning.nurse.id, None),
        ("finish", morning.nurse.id, 240),
    ]
    told = db.session.scalars(
        select(AuditEvent.action).where(AuditEvent.subject == "tickets")
    ).all()
    assert told == ["ticket_issue", "ticket_call", "ticket_finish"]


def test_the_wait_is_learned_from_today(morning):
    tickets = [morning.arrive() for _ in range(6)]
    last = tickets[-1]
    wait = waits.wait_with(last, morning.now)
    assert (wait.ahead, wait.minutes) == (5, 15)  # 3 minutes a child is the house's guess
    for minutes in (5, 6, 7):
        one = morning.call_next("screening")
        morning.do(line.finish, one, after=minutes * MINUTE)
    wait = waits.wait_with(last, morning.now)
    assert (wait.ahead, wait.minutes) == (2, 15)  # two of 6 minutes, upwards in steps of 5
    for each in (morning.room, morning.other_room):
        morning.call_next("screening", each)
    assert waits.wait_with(last, morning.now).ahead == 0
    more = [morning.arrive() for _ in range(2)]
    assert (
        waits.wait_with(more[-1], morning.now).minutes == 6
    )  # two rooms call: two before it, at once


def test_the_version_counts_bookings_arrivals_and_steps(morning):
    versions = [queries.desk_version(morning.centre.id, morning.now)]
    ticket = morning.arrive()
    versions.append(queries.desk_version(morning.centre.id, morning.now))
    morning.call_next("screening")
    versions.append(queries.desk_version(morning.centre.id, morning.now))
    morning.do(line.undo, ticket)
    versions.append(queries.desk_version(morning.centre.id, morning.now))
    assert len(set(versions)) == len(versions)
    make_appointment()  # at another centre
    assert queries.desk_version(morning.centre.id, morning.now) == versions[-1]


REFUSED = {
    "a second open visit": (
        "INSERT INTO visits (centre_id, day, child_id, opened_at, opened_by_id)"
        " SELECT centre_id, day, child_id, opened_at, opened_by_id FROM visits",
        ("uq_visits_open", "visits.child_id"),
    ),
    "a number twice": (
        "UPDATE tickets SET number = 1",
        ("uq_tickets_number", "tickets.number"),
    ),
    "a child in two rooms": (
        "UPDATE tickets SET state = 'with', visit_id = (SELECT min(id) FROM visits)",
        ("uq_tickets_busy", "tickets.visit_id"),
    ),
    "a step changed": ("UPDATE ticket_steps SET served = 1", ("ticket_steps_stay",)),
    "a step twice": (
        "INSERT INTO ticket_steps (ticket_id, number, centre_id, day, verb, at, by_id, state,"
        " station, place, since) SELECT ticket_id, number, centre_id, day, verb, at, by_id, state,"
        " station, place, since FROM ticket_steps",
        ("uq_ticket_steps_number", "ticket_steps.number"),
    ),
    "called to nowhere": (
        "UPDATE tickets SET state = 'called', room_id = NULL WHERE number = 1",
        ("ck_tickets_called_to_a_room",),
    ),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses(morning, what):
    for _ in range(2):
        morning.arrive()
    statement, names = REFUSED[what]
    with pytest.raises(IntegrityError) as refused:
        db.session.execute(text(statement))
    assert any(name in broken_promise(refused.value) for name in names)
