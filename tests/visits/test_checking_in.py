"""A child, or a whole family, is checked in; it is taken back, and never gives two tickets."""

from datetime import time, timedelta

import pytest

from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.day.attendance import NotToday, TooLateToUndo
from clinic.scheduling.status import Status, status_of
from clinic.visits import arriving, line
from clinic.visits.arriving import AlreadyCalled
from clinic.visits.line import NobodyWaits
from clinic.visits.models import Encounter, Ticket, TicketStep
from clinic.visits.rules import State
from tests.makes import (
    NOON,
    make_appointment,
    make_child,
    make_guardianship,
    make_service,
    make_slot,
    make_user,
)
from tests.visits.morning import Morning, make_check_slot

pytestmark = pytest.mark.usefixtures("both")
TODAY, MINUTE = clinic_day(NOON), timedelta(minutes=1)


@pytest.fixture
def morning(both):
    return Morning()


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
