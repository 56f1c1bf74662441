"""From the door to the end of the observation, on both engines."""

from datetime import time, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.clock import clinic_day
from clinic.db import broken_promise, db
from clinic.scheduling.day.attendance import NotToday, TooLateToUndo
from clinic.scheduling.status import Status, status_of
from clinic.visits import arriving, line, queries, waits
from clinic.visits.arriving import AlreadyCalled
from clinic.visits.line import NobodyWaits, NothingToUndo, NotOurRoom, StaysUntil
from clinic.visits.models import Encounter, Ticket, TicketStep
from clinic.visits.rules import State
from clinic.visits.steps import JustChanged, NotNow
from tests.makes import (
    NOON,
    make_appointment,
    make_child,
    make_guardianship,
    make_practitioner,
    make_room,
    make_service,
    make_slot,
    make_user,
)
from tests.world import World

pytestmark = pytest.mark.usefixtures("both")
TODAY, MINUTE = clinic_day(NOON), timedelta(minutes=1)


class Morning(World):
    """A centre with a vaccination session at one o'clock, its people, and a room besides."""

    def __init__(self, kind="vaccination"):
        super().__init__(kind)
        self.other_service = make_service(kind)
        self.also_gives(self.other_service)
        self.session = self.open(TODAY, opens=time(13), closes=time(16), capacity=9)
        self.desk, self.nurse = self.reception, self.staff(Role.CLINICIAN)
        self.other_room = make_room(self.centre)
        self.now = self.slot().starts_at

    def arrive(self, child=None):
        ticket = arriving.check_in(self.book(child=child), by=self.desk, now=self.now)
        db.session.commit()
        return ticket

    def do(self, verb, ticket, *args, by=None, after=0 * MINUTE):
        self.now += after
        verb(ticket, *args, seen=ticket.steps, by=by or self.nurse, now=self.now)
        db.session.commit()

    def call_next(self, station, room=None, by=None):
        ticket = line.call_next(
            self.centre.id, station, room or self.room, by=by or self.nurse, now=self.now
        )
        db.session.commit()
        return ticket


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


def test_checking_in_twice_is_one_visit_and_one_ticket(morning):
    appointment = morning.book()
    tickets = {
        arriving.check_in(appointment, by=morning.desk, now=morning.now).id for _ in range(2)
    }
    db.session.commit()
    assert (
        len(tickets)
        == db.session.query(Encounter).count()
        == db.session.query(TicketStep).count()
        == 1
    )


def test_two_vaccinations_of_one_child_have_one_ticket_and_another_room_has_its_own(morning):
    child = make_child()
    first = morning.arrive(child)
    later = morning.session.slots[1]
    again = make_appointment(child, morning.other_service, later)
    assert arriving.check_in(again, by=morning.desk, now=morning.now) is first

    check = make_service("checkups")
    slot = make_check_slot(morning, check)
    third = make_appointment(child, check, slot)
    other = arriving.check_in(third, by=morning.desk, now=morning.now)
    assert other.label == "C001"
    assert other.encounter is first.encounter


def make_check_slot(morning, check):
    doctor = make_practitioner([check], centre=morning.centre)
    return make_slot(check, practitioner=doctor, day=TODAY, opens=time(14), closes=time(15))


def test_a_check_in_of_another_day_is_refused_and_leaves_nothing(morning):
    appointment = morning.book()
    with pytest.raises(NotToday):
        arriving.check_in(appointment, by=morning.desk, now=morning.now - timedelta(days=1))
    assert db.session.query(Encounter).count() == 0


def test_a_check_in_is_taken_back_with_its_ticket_and_made_again(morning):
    appointment = morning.book()
    arriving.check_in(appointment, by=morning.desk, now=morning.now)
    arriving.undo_check_in(appointment, by=morning.desk, now=morning.now)
    db.session.commit()
    ticket = db.session.query(Ticket).one()
    assert (status_of(appointment), ticket.state) == (Status.BOOKED, State.VOID)
    assert ticket.encounter.closed_at is not None
    with pytest.raises(NobodyWaits):
        morning.call_next("screening")

    again = arriving.check_in(appointment, by=morning.desk, now=morning.now)
    assert again.label == "B002"
    with pytest.raises(TooLateToUndo):
        arriving.undo_check_in(appointment, by=morning.desk, now=morning.now + 11 * MINUTE)


def test_a_check_in_is_not_taken_back_once_the_child_is_called(morning):
    appointment = morning.book()
    arriving.check_in(appointment, by=morning.desk, now=morning.now)
    morning.call_next("screening")
    with pytest.raises(AlreadyCalled):
        arriving.undo_check_in(appointment, by=morning.desk, now=morning.now)
    db.session.rollback()
    db.session.refresh(appointment)
    assert status_of(appointment) is Status.ARRIVED


def test_checking_in_again_after_all_is_done_gives_no_second_ticket(both):
    morning = Morning("pediatrics")
    appointment = morning.book()
    ticket = arriving.check_in(appointment, by=morning.desk, now=morning.now)
    morning.call_next("doctor")
    morning.do(line.finish, ticket)
    assert arriving.check_in(appointment, by=morning.desk, now=morning.now) is ticket

    later = morning.session.slots[4]
    again = make_appointment(appointment.child, morning.other_service, later)
    second = arriving.check_in(again, by=morning.desk, now=morning.now)
    assert (second.label, second.state) == ("A002", State.WAITING)


def test_a_family_is_checked_in_at_once(morning):
    parent = make_user()
    siblings = [make_child(parent, name=f"王{n}") for n in ("一", "二")]
    rows = [morning.book(child=sibling) for sibling in siblings]
    morning.book()  # somebody else
    family = arriving.family_of(rows[0], morning.now)
    assert family == rows
    tickets = arriving.check_in_family(family, by=morning.desk, now=morning.now)
    assert [ticket.label for ticket in tickets] == ["B001", "B002"]
    assert arriving.family_of(rows[0], morning.now) == []


# Who cares for each of three children that come at eight, at half past ten and at one.
FAMILIES = {
    "one mother": (["mother"], ["mother"], ["mother"]),
    "a mother, both, a father": (["mother"], ["mother", "father"], ["father"]),
}


@pytest.mark.parametrize("whose", FAMILIES)
def test_a_family_is_as_large_for_each_of_its_children(morning, whose):
    """The first and the last are too far from each other; the one between them belongs to both."""
    users = {"mother": make_user(), "father": make_user()}
    slots = make_slot(morning.service, opens=time(8), closes=time(14)).clinic_session.slots
    rows = []
    for number, guardians in enumerate(FAMILIES[whose]):
        child = make_child(users[guardians[0]], name=f"王{number}")
        for guardian in guardians[1:]:
            make_guardianship(users[guardian], child)
        rows.append(make_appointment(child, morning.service, slots[10 * number]))
    make_appointment(service=morning.service, slot=slots[1])  # somebody else
    [now, *_] = (row.starts_at for row in rows)
    assert [arriving.family_of(row, now) for row in rows] == [rows] * 3


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
