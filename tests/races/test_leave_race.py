"""Leave is granted while families book in it, by two managers at once; secret addresses opened at once.

On both engines, by processes of their own. Each has a twin without its protections that must fail.
"""

from collections import Counter

import pytest
from sqlalchemy import select, text

from clinic.accounts.models import Role
from clinic.calendar.models import CalendarFeed
from clinic.centres.models import Leave
from clinic.db import db
from clinic.scheduling.changes import leaves
from clinic.scheduling.changes.leaves import LeaveRequest
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_child, make_practitioner, make_user
from tests.promises import drop_promises
from tests.races import leaving
from tests.races.doors import Somebody, at_once
from tests.races.leaving import AWAY
from tests.world import World

FAMILIES = 3
MANAGERS = 2
FEEDS = 2


@pytest.fixture
def day(race):
    """A clinician's day tomorrow, a manager, families, and a request for leave on that day."""
    world = World(hours={"capacity": 2})
    world.staff(Role.MANAGER)
    children = [make_child() for _ in range(FAMILIES)]
    asked = leaves.ask_leave(world.practitioner, *AWAY, "进修", by=make_user(), now=NOON)
    db.session.commit()
    books = [("book", child.id, world.slot(n).id) for n, child in enumerate(children)]
    return {"grant": ("grant", asked.id), "books": books, "who": world.practitioner.id}


def act_at_once(race, *deeds, sight="sees"):
    """A process for each deed, let go in this order; what they said."""
    people = [Somebody(race, leaving.act, sight, *deed) for deed in deeds]
    return at_once(people)


def appointments():
    return db.session.scalars(select(Appointment).order_by(Appointment.id)).all()


def live_leaves():
    return db.session.scalars(select(Leave).where(Leave.lifted_at.is_(None))).all()


@pytest.mark.parametrize("place", [0, FAMILIES])
def test_leave_granted_while_families_book_in_it_leaves_nobody_unseen(race, day, place):
    """The manager is let go first, or last."""
    deeds = list(day["books"])
    deeds.insert(place, day["grant"])
    answers = act_at_once(race, *deeds)

    granted = answers.pop(place)
    assert granted.startswith("granted")
    made = appointments()
    booked = [f"booked {one.id}" for one in made]
    assert sorted(answer for answer in answers if answer.startswith("booked")) == sorted(booked)
    assert set(answers) - set(booked) <= {"SlotTaken", "Refused"}
    assert {status_of(appointment) for appointment in made} <= {Status.DISPLACED}
    assert sorted(int(text) for text in granted.split()[1:]) == [one.id for one in made]
    assert len(live_leaves()) == 1
    assert broken_promises() == []


def test_its_twin_that_looks_once_leaves_families_in_an_empty_room(race, day):
    drop_promises()
    answers = act_at_once(race, day["grant"], *day["books"], sight="blind")

    assert answers[0] == "granted"  # nobody, as it was shown
    assert (
        Counter(status_of(appointment) for appointment in appointments())[Status.BOOKED] == FAMILIES
    )
    assert broken_promises() != []


def test_the_database_alone_keeps_families_out_of_an_empty_room(race, day):
    """With its promises, whoever comes second is refused, however blind."""
    answers = act_at_once(race, *day["books"], day["grant"], sight="blind")
    if "granted" in answers:
        assert all(answer.startswith("SlotTaken") for answer in answers if answer != "granted")
    else:
        assert answers[-1] == "IntegrityError"
    assert broken_promises() == []


def test_of_managers_who_grant_one_request_at_once_one_does(race, day):
    answers = Counter(act_at_once(race, *[day["grant"]] * MANAGERS))
    assert answers == {"granted": 1, "IsDecided": MANAGERS - 1}
    assert len(live_leaves()) == 1
    assert db.session.query(LeaveRequest).one().granted is True


def test_its_twin_whose_managers_do_not_look_again_grants_it_often(race, day):
    answers = Counter(act_at_once(race, *[day["grant"]] * MANAGERS, sight="blind"))
    assert answers == {"granted": MANAGERS}
    assert len(live_leaves()) == MANAGERS


def test_who_is_sent_away_while_the_request_is_granted_is_away_once(race, day):
    answers = act_at_once(race, day["grant"], ("away", day["who"]))
    assert Counter(answers) == {"granted": 1, "LeaveOverlaps": 1}
    assert len(live_leaves()) == 1


@pytest.mark.parametrize("first", ["grant", "withdraw"])
def test_a_request_that_is_withdrawn_while_it_is_granted_is_one_of_both(race, day, first):
    withdraw = ("withdraw", day["grant"][1])
    deeds = [day["grant"], withdraw] if first == "grant" else [withdraw, day["grant"]]
    answers = set(act_at_once(race, *deeds))
    assert answers in ({"granted", "IsDecided"}, {"withdrawn", "IsWithdrawn"})
    asked = db.session.query(LeaveRequest).one()
    was_granted = "granted" in answers
    assert (asked.granted, asked.withdrawn_at is None) == (was_granted or None, was_granted)
    assert len(live_leaves()) == was_granted


def test_its_twin_that_does_not_look_again_is_refused_by_the_database_alone(race, day):
    answers = Counter(act_at_once(race, day["grant"], ("withdraw", day["grant"][1]), sight="blind"))
    assert answers["IntegrityError"] == 1
    assert len(answers) == 2


@pytest.fixture
def clinician(race):
    practitioner = make_practitioner()
    return make_user(Role.CLINICIAN, centre=practitioner.centre)


def live_feeds():
    return db.session.scalars(select(CalendarFeed).where(CalendarFeed.revoked_at.is_(None))).all()


def test_secret_addresses_opened_at_once_leave_one(race, clinician):
    answers = act_at_once(race, *[("feed", clinician.id)] * FEEDS)
    assert Counter(answers) == {"opened": FEEDS}
    assert len(live_feeds()) == 1


def test_who_does_not_look_is_refused_a_second_one_by_the_database(race, clinician):
    answers = Counter(act_at_once(race, *[("feed", clinician.id)] * FEEDS, sight="blind"))
    assert answers == {"opened": 1, "IntegrityError": FEEDS - 1}
    assert len(live_feeds()) == 1


def test_its_twin_without_the_databases_promise_leaves_many(race, clinician):
    db.session.execute(text("DROP INDEX uq_calendar_feeds_live"))
    act_at_once(race, *[("feed", clinician.id)] * FEEDS, sight="blind")
    assert len(live_feeds()) == FEEDS
