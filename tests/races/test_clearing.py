"""A form that is long over is confirmed at the moment at which it is cleared away."""

from datetime import timedelta

from sqlalchemy import select

from clinic.db import db
from clinic.scheduling.models import Appointment, Hold
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, TOMORROW, make_child, make_hold, make_service, make_slot, make_user
from tests.races.clearing import LATER, clear, confirm
from tests.races.doors import Somebody, at_once, let_go

FORMS = 3


def old_form():
    """A form of a family of its own for a time in a week: its hold's id."""
    service, parent = make_service(), make_user()
    slot = make_slot(service, day=TOMORROW + timedelta(days=7))
    wanted = Request(make_child(parent), service, slots_for(service, slot.id))
    kept = make_hold(wanted, by=parent, now=NOON)
    db.session.commit()
    return kept.id


def booked_after_the_look(race, manner):
    """It is known to be over, then its owner confirms, then it is cleared away: how that ended."""
    hold_id = old_form()
    clearing, owner = Somebody(race, clear, manner), Somebody(race, confirm, hold_id)
    for somebody in (clearing, owner):
        somebody.hear("ready")
    answers = [*let_go([owner]), *let_go([clearing])]
    return answers, db.session.get(Hold, hold_id)


def test_a_form_that_was_used_meanwhile_stays(race):
    answers, kept = booked_after_the_look(race, "")

    assert answers == ["booked", "cleared"]
    assert kept.booking_id == db.session.scalar(select(Appointment.booking_id))
    assert broken_promises(now=LATER) == []


def test_its_twin_that_does_not_look_again_takes_it_from_its_owner(race):
    answers, kept = booked_after_the_look(race, "hasty")

    assert answers == ["booked", "cleared"]
    assert kept is None


def test_at_the_same_moment_it_is_either_used_or_gone(race):
    forms = [old_form() for _ in range(FORMS)]
    people = [Somebody(race, confirm, form) for form in forms]

    *answers, _ = at_once([*people, Somebody(race, clear, "")])

    used = [one for one, answer in zip(forms, answers, strict=True) if answer == "booked"]
    assert set(answers) <= {"booked", "gone"}
    assert list(db.session.scalars(select(Hold.id).order_by(Hold.id))) == used
    assert len(db.session.scalars(select(Appointment.id)).all()) == len(used)
    assert broken_promises(now=LATER) == []
