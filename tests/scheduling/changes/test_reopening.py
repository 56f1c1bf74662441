"""What was shut opens again, whoever shut it, and nothing that should stay shut."""

from datetime import time, timedelta

import pytest

from clinic.centres.models import Closure
from clinic.db import db
from clinic.scheduling.changes import applying, reopening
from clinic.scheduling.changes.kinds import (
    EndRule,
    EndsLater,
    NewHours,
    WorksAs,
    withdrawal,
)
from clinic.scheduling.models import ClinicSession
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable import extending, rota
from clinic.scheduling.timetable.opening import EndsBeforeItBegins, NoPlaces
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist import joining, offering
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_room,
    make_slot,
    make_user,
)
from tests.scheduling.changes.clinic import Clinic

pytestmark = pytest.mark.usefixtures("both")
TUESDAY = TOMORROW.weekday()
A_WEEK_LATER = TOMORROW + timedelta(days=7)


def with_a_rule(**kw):
    """A clinic whose rota has Tuesdays from one to two; its session of tomorrow afternoon."""
    clinic = Clinic()
    weekly = Weekly((TUESDAY,), time(13), time(14), 15, TOMORROW, **kw)
    rule = rota.add_rule(
        clinic.practitioner,
        make_room(clinic.centre),
        [clinic.service],
        weekly,
        by=clinic.manager,
        now=NOON,
    )
    extending.extend([clinic.centre], TOMORROW, A_WEEK_LATER, now=NOON)
    db.session.commit()
    sessions = db.session.query(ClinicSession).filter_by(rota_rule_id=rule.id)
    return clinic, rule, sessions.order_by(ClinicSession.starts_at).all()


def lift_the_closure(clinic):
    closure = db.session.query(Closure).one()
    done = reopening.lift(closure, by=clinic.manager, now=NOON)
    db.session.commit()
    assert broken_promises() == []
    return done


def test_hours_that_were_cut_by_mistake_come_back_with_who_was_booked():
    clinic = Clinic()
    lost = clinic.book(0)
    clinic.do(NewHours(clinic.session, time(10), time(11)))
    assert status_of(lost) is Status.DISPLACED

    clinic.do(NewHours(clinic.session, time(9), time(11)))

    assert status_of(lost) is Status.BOOKED
    assert len(clinic.free()) == 7


def test_a_session_that_was_taken_out_is_opened_again():
    clinic = Clinic()
    lost = clinic.book(0)
    clinic.do(withdrawal(clinic.session))

    done = reopening.reopen(clinic.session, by=clinic.manager, now=NOON)
    db.session.commit()

    assert (done.slots, [appointment.id for appointment in done.restored]) == (8, [lost.id])
    assert clinic.session.withdrawn_at is None
    assert broken_promises() == []


def test_a_day_that_was_called_shut_by_mistake_works_again():
    clinic, _, sessions = with_a_rule()
    lost = clinic.book(0, sessions[0])
    clinic.do(WorksAs(clinic.centre, TOMORROW, None))
    assert status_of(lost) is Status.DISPLACED

    clinic.do(WorksAs(clinic.centre, TOMORROW, TUESDAY))

    assert status_of(lost) is Status.BOOKED


def test_what_was_taken_out_by_hand_stays_out_when_the_day_works_again():
    clinic, _, sessions = with_a_rule()
    clinic.do(withdrawal(sessions[0]))
    clinic.do(WorksAs(clinic.centre, TOMORROW, None))
    before = len(clinic.free())

    clinic.do(WorksAs(clinic.centre, TOMORROW, TUESDAY))

    assert len(clinic.free()) == before


@pytest.mark.parametrize("how", ["by hand", "with its rule", "for its day"])
def test_lifting_a_closure_opens_nothing_that_was_shut_meanwhile(how):
    clinic, rule, sessions = with_a_rule()
    day = A_WEEK_LATER
    clinic.do(clinic.close(day=day))
    change = {
        "by hand": withdrawal(sessions[1]),
        "with its rule": EndRule(rule, TOMORROW),
        "for its day": WorksAs(clinic.centre, day, None),
    }[how]
    clinic.do(change)

    assert lift_the_closure(clinic).slots == 0


def test_who_lost_only_a_part_of_their_time_comes_back_too():
    clinic = Clinic(minutes=30)
    lost = clinic.book(0)
    clinic.do(clinic.close(time(9, 15), time(9, 30)))
    assert status_of(lost) is Status.DISPLACED

    assert [one.id for one in lift_the_closure(clinic).restored] == [lost.id]


def test_a_rule_can_only_end_earlier():
    _, rule, _ = with_a_rule(valid_until=A_WEEK_LATER)
    with pytest.raises(EndsLater):
        applying.preview(EndRule(rule, A_WEEK_LATER + timedelta(days=1)), now=NOON)


@pytest.mark.parametrize(
    ("begins", "closes", "capacity", "refusal"),
    [
        (time(11), time(9), None, EndsBeforeItBegins),
        (time(9), time(11), -1, NoPlaces),
    ],
)
def test_hours_that_cannot_be_are_refused(begins, closes, capacity, refusal):
    clinic = Clinic()
    with pytest.raises(refusal):
        applying.preview(NewHours(clinic.session, begins, closes, capacity), now=NOON)


def test_places_that_were_cut_by_mistake_come_back_with_who_was_booked():
    """Three places a slot, one, and three again; who waits for more is asked after that."""
    clinic = Clinic(capacity=3)
    visits = [clinic.book(0) for _ in range(3)]
    clinic.do(NewHours(clinic.session, time(9), time(11), capacity=1))
    assert [status_of(visit) for visit in visits] == [
        Status.BOOKED,
        Status.DISPLACED,
        Status.DISPLACED,
    ]

    clinic.do(NewHours(clinic.session, time(9), time(11), capacity=2))
    assert status_of(visits[1]) is Status.BOOKED  # who booked first, first
    assert status_of(visits[2]) is Status.DISPLACED
    clinic.do(NewHours(clinic.session, time(9), time(11), capacity=3))

    assert status_of(visits[2]) is Status.BOOKED
    assert {visit.starts_at for visit in visits} == {clinic.session.slots[0].starts_at}


def test_who_lost_a_place_and_is_elsewhere_by_now_does_not_come_back():
    clinic = Clinic(capacity=2)
    clinic.book(0)
    lost = clinic.book(0)
    clinic.do(NewHours(clinic.session, time(9), time(11), capacity=1))
    elsewhere = make_slot()
    make_appointment(lost.child, elsewhere.practitioner.services[0], elsewhere)

    clinic.do(NewHours(clinic.session, time(9), time(11), capacity=2))

    assert status_of(lost) is Status.DISPLACED
    assert len(clinic.free()) == 8


def test_more_places_go_to_who_waits():
    clinic = Clinic()
    clinic.book(0)
    clinic.do(NewHours(clinic.session, time(9), time(9, 15)))
    parent = make_user()
    day = {"first_day": TOMORROW, "last_day": TOMORROW}
    wish = {"weekdays": range(7), "parts": ["morning"], **day, "now": NOON}
    entry = joining.join(parent, [make_child(parent)], clinic.service, [clinic.centre], **wish)
    db.session.commit()

    clinic.do(NewHours(clinic.session, time(9), time(9, 15), capacity=2))

    assert offering.live_offers(entry.id)
