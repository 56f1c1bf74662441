"""The demo city: whole, honest, the same every time."""

from datetime import date, time, timedelta

import pytest
from sqlalchemy import func, select

from clinic.accounts.demo_sign_ins import demo_sign_ins
from clinic.accounts.models import User
from clinic.accounts.passwords import is_password
from clinic.accounts.queries import find_user
from clinic.app import create_app
from clinic.centres.models import Centre, Practitioner
from clinic.checkups.models import Measurement
from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.demo.load import load
from clinic.families.models import Child, Guardianship
from clinic.scheduling.models import Appointment, Slot
from clinic.scheduling.verify import broken_promises
from clinic.vaccination.jab.models import PostVaccinationStay
from clinic.visits.models import Ticket
from tests.conftest import SETTINGS
from tests.demo.conftest import DAY


def rows():
    """What the city is, without what is drawn by lot for safety."""
    appointments = db.session.execute(
        select(
            Appointment.child_id, Appointment.slot_id, Appointment.done_at, Appointment.no_show_at
        ).order_by(Appointment.id)
    )
    slots = db.session.execute(select(Slot.starts_at, Slot.taken).order_by(Slot.id))
    measured = db.session.execute(
        select(Measurement.child_id, Measurement.measured_on, Measurement.amount).order_by(
            Measurement.id
        )
    )
    return [[tuple(row) for row in found] for found in (appointments, slots, measured)]


@pytest.mark.parametrize(
    ("day", "hour"),
    [
        (DAY, time(10)),
        (date(2026, 3, 1), time(0, 2)),
        (date(2026, 1, 31), time(13, 30)),
        (date(2026, 10, 1), time(22, 40)),
        (date(2031, 12, 24), time(16)),
    ],
)
def test_every_page_has_something_on_any_day_at_any_hour(app, day, hour):
    load(day, at(day, hour))
    assert broken_promises() == []
    assert db.session.query(Centre).count() == 3
    assert db.session.query(Practitioner).count() == 14
    firsts = db.session.query(Guardianship.user_id).filter(Guardianship.is_first)
    assert firsts.distinct().count() >= 12
    start, end = day_bounds(day)
    for centre in db.session.query(Centre):
        today = db.session.query(Appointment).filter(
            Appointment.centre_id == centre.id,
            Appointment.starts_at >= start,
            Appointment.starts_at < end,
        )
        assert today.count() >= 5
    ages = [(day - child.birth_date).days // 365 for child in db.session.query(Child)]
    assert min(ages) == 0
    assert max(ages) >= 13
    children_have_just_come(at(day, hour))


def children_have_just_come(now):
    """Some wait, and not for hours; nothing has happened that is still to come."""
    here = select(Appointment.arrived_at).where(
        Appointment.arrived_at.is_not(None), Appointment.done_at.is_(None)
    )
    came = list(db.session.scalars(here))
    assert len(came) >= 3
    assert now - timedelta(minutes=25) <= min(came)
    assert max(came) <= now
    assert db.session.scalar(select(func.max(Appointment.done_at))) <= now
    called = list(db.session.scalars(select(Ticket.called_at)))
    staying = db.session.query(PostVaccinationStay).count()
    # Two visits to one room have one ticket, and the children under observation keep theirs.
    assert 3 <= len(called) <= len(came) + staying
    assert all(moment <= now for moment in called if moment)


def test_the_same_day_makes_the_same_city(city, fresh):
    first = rows()
    other = create_app(SETTINGS | {"DATABASE_URL": fresh("sqlite")})
    with other.app_context():
        load(DAY)
        assert rows() == first
        db.session.remove()
        db.engine.dispose()


def test_the_sign_ins_work_one_a_profession(city):
    shown = demo_sign_ins()
    names = [demo_sign_in.email.partition("@")[0] for demo_sign_in in shown]
    assert names == [
        "parent",
        "reception",
        "doctor",
        "vaccinator",
        "clinician",
        "therapist",
        "tcm",
        "manager",
    ]
    for demo_sign_in in shown:
        user = find_user(demo_sign_in.email)
        assert is_password(user.password_hash, demo_sign_in.password)
        assert demo_sign_in.role in user.roles


def test_the_commands(app):
    runner = app.test_cli_runner()
    assert runner.invoke(args=["demo", "load", "--today", "2026-11-24"]).exit_code == 0
    assert runner.invoke(args=["demo", "load"]).exit_code == 1
    again = runner.invoke(args=["demo", "load", "--once"])
    assert again.exit_code == 0
    assert "parent@demo.example" in runner.invoke(args=["demo", "accounts"]).output
    assert runner.invoke(args=["schedule", "verify"]).exit_code == 0


def test_it_stays_out_of_a_real_database(app):
    app.config["DEMO"] = False
    assert app.test_cli_runner().invoke(args=["demo", "load"]).exit_code == 1
    assert db.session.query(User).count() == 0


def test_the_family_one_signs_in_as_may_book_everything(city):
    parent = find_user("parent@demo.example")
    missed = select(Appointment).where(
        Appointment.child_id.in_(
            select(Guardianship.child_id).where(Guardianship.user_id == parent.id)
        ),
        Appointment.no_show_at.is_not(None),
    )
    assert db.session.scalars(missed).all() == []
