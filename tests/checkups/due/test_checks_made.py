"""Which checks count as made: what a finished check says, else what was open on a finished visit's day."""

from datetime import date, datetime, timedelta

import pytest

from clinic.care.gather import plans_of
from clinic.centres.models import Service
from clinic.checkups.due.plan import HEALTH_CHECK, dues_of
from clinic.checkups.models import CheckVisit
from clinic.clock import at, clinic_day
from clinic.db import db
from clinic.families import reconciling
from clinic.families.models import Child
from clinic.scheduling.appointments import questions
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Question
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_centre,
    make_child,
    make_service,
    make_slot,
    make_user,
    save,
)
from tests.queries import count_queries

TODAY = clinic_day(NOON)
BORN = date(2025, 2, 1)  # thirteen months ago: M12 is open today


def check_of(child, visit, on, *, finished=True, appointment=None, by=None):
    now = at(on, datetime.min.time())
    by = by or make_user()
    return save(
        CheckVisit(
            child_id=child.id,
            centre_id=appointment.centre_id if appointment else make_centre().id,
            appointment_id=appointment.id if appointment else None,
            visit=visit,
            done_on=on,
            saved_at=now,
            saved_by_id=by.id,
            finished_at=now if finished else None,
            finished_by_id=by.id if finished else None,
        )
    )


def visit_of(child, *, on=TOMORROW, done=True):
    """A health check's appointment; done, or not yet."""
    service = db.session.query(Service).filter_by(code=HEALTH_CHECK).first()
    service = service or make_service("checkups", code=HEALTH_CHECK)
    slot = make_slot(service, day=on)
    appointment = make_appointment(child, service, slot, now=NOON - timedelta(days=1))
    if done:
        staff = make_user()
        attendance.finish(appointment, by=staff, now=appointment.ends_at, note="")
        db.session.commit()
    return appointment


def next_of(child, on=TODAY):
    found = dues_of([child], on)[child.id].check_age
    return found and found.id


@pytest.mark.usefixtures("both", "noon")
@pytest.mark.parametrize(
    ("recorded", "expected"),
    [
        ([], "M12"),
        ([("M8", True)], "M12"),
        ([("M12", True)], "M18"),
        ([("M12", False)], "M12"),  # begun, not finished
        ([("M12", True), ("M8", True)], "M18"),  # in whatever order they were written down
    ],
)
def test_a_finished_check_says_which_one_it_was(recorded, expected):
    child = make_child(birth_date=BORN)
    for visit, finished in recorded:
        check_of(child, visit, TODAY - timedelta(days=9), finished=finished)
    assert next_of(child) == expected


@pytest.mark.usefixtures("both", "noon")
def test_a_finished_visit_without_a_record_was_the_check_open_that_day():
    child = make_child(birth_date=BORN)
    visit_of(child, done=False)
    assert next_of(child, TODAY + timedelta(days=2)) == "M12"
    other = make_child(birth_date=BORN)
    visit_of(other)
    assert next_of(other, TODAY + timedelta(days=2)) == "M18"


@pytest.mark.usefixtures("noon")
@pytest.mark.parametrize(
    ("finished", "expected"),
    [(True, "M12"), (False, "M18")],  # M8 on record is what counts; else the day says M12
)
def test_a_visit_with_its_record_counts_once(app, finished, expected):
    child = make_child(birth_date=BORN)
    appointment = visit_of(child)
    check_of(
        child, "M8", clinic_day(appointment.starts_at), finished=finished, appointment=appointment
    )
    assert next_of(child, TODAY + timedelta(days=2)) == expected


@pytest.mark.usefixtures("noon")
def test_one_query_however_many_checks_and_children(app):
    child = make_child(birth_date=BORN)
    check_of(child, "M3", TODAY)
    children = [child, *(make_child(birth_date=BORN) for _ in range(4))]
    for one in children[1:]:
        for visit in ("M1", "M3", "M6"):
            check_of(one, visit, TODAY)
    db.session.commit()
    children = db.session.query(Child).all()
    assert count_queries(lambda: dues_of(children[:1], TODAY)) == 1
    assert count_queries(lambda: dues_of(children, TODAY)) == 1


class Booked:
    """A child of eleven months, whose check of eight months is due; one is booked in three days."""

    def __init__(self, *before):
        self.parent = make_user()
        self.child = make_child(self.parent, birth_date=date(2025, 4, 1))
        for visit in before:
            check_of(self.child, visit, TODAY - timedelta(days=9))
        self.visit = visit_of(self.child, on=TODAY + timedelta(days=3), done=False)

    def is_seen_today(self):
        """At another visit, which is finished."""
        visit_of(self.child, on=TODAY)
        db.session.refresh(self.visit)

    @property
    def need(self):
        plan = plans_of([self.child], TODAY)[self.child.id]
        return next(one for one in [*plan.now, *plan.coming] if one.kind == "checkups")


@pytest.mark.usefixtures("both", "noon")
def test_a_visit_whose_check_was_made_meanwhile_is_asked_about():
    booked = Booked()
    assert (booked.need.code, booked.need.booked_on) == ("M8", TODAY + timedelta(days=3))
    booked.is_seen_today()
    assert booked.visit.question is Question.NOTHING_LEFT
    assert (booked.need.code, booked.need.booked_on) == ("M12", None)


@pytest.mark.usefixtures("both", "noon")
def test_a_visit_that_was_booked_for_no_check_is_not_asked_about():
    booked = Booked("M8")
    booked.is_seen_today()
    assert booked.visit.question is None


@pytest.mark.usefixtures("both", "noon")
def test_a_visit_that_the_family_kept_is_not_asked_about_again():
    booked = Booked()
    booked.is_seen_today()
    questions.keep(booked.visit, by=booked.parent, now=NOON)
    reconciling.reconcile([booked.child.id], by=booked.parent, now=NOON)
    db.session.commit()
    assert booked.visit.question is None
