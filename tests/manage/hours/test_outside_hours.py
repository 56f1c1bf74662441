"""Hours outside a centre's opening hours are asked about."""

from datetime import date, time

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.centres.doors import shut_on
from clinic.centres.models import OpeningHours
from clinic.clock import local
from clinic.db import db
from clinic.scheduling.models import ClinicSession
from clinic.scheduling.rota.models import RotaDraft
from tests.makes import (
    NOON,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
    save,
)

MORNING, AFTERNOON = (time(8), time(12)), (time(14), time(17))


def doors(*spans, weekday=0):
    return [OpeningHours(weekday=weekday, opens=one, closes=two) for one, two in spans]


@pytest.mark.parametrize(
    ("spans", "opens", "closes", "is_shut"),
    [
        ([MORNING], time(8), time(12), False),
        ([MORNING], time(7, 55), time(12), True),
        ([MORNING], time(8), time(12, 5), True),
        ([MORNING, AFTERNOON], time(11), time(15), True),
        ([MORNING, AFTERNOON], time(14), time(17), False),
        ([MORNING, (time(12), time(17))], time(9), time(16), False),
        ([], time(9), time(10), False),
    ],
)
def test_hours_lie_within_one_span_or_several_in_a_row(spans, opens, closes, is_shut):
    assert bool(shut_on(doors(*spans), [0], opens, closes)) is is_shut


def test_a_day_without_hours_is_shut():
    assert shut_on(doors(MORNING), [0, 6], time(9), time(10)) == [6]


@pytest.fixture
def clinician(both):
    """Of a centre that is open from 8 to 17 from Monday to Friday."""
    with time_machine.travel(NOON, tick=False):
        who = make_practitioner([make_service()])
        make_room(who.centre)
        for day in range(5):
            save(OpeningHours(centre_id=who.centre_id, weekday=day, opens=time(8), closes=time(17)))
        yield who


@pytest.fixture
def manager(both, clinician):
    return both.test_client().sign_in(make_user(Role.MANAGER, centre=clinician.centre))


def sessions():
    return db.session.query(ClinicSession).count()


def test_a_session_at_night_is_asked_about(manager, clinician):
    form = manager.page("/manage/sessions/new").form()
    services = [str(clinician.services[0].id)]
    asked = form.fill(
        services=services, first_day="2026-03-04", weekdays=["2"], opens="18:00", closes="20:00"
    ).submit()
    assert asked.status == 422
    assert "不在开放时间内（周三 08:00–17:00）" in asked.errors["opens"]
    assert sessions() == 0
    assert asked.form().fill(keep=True).submit().status == 303
    assert sessions() == 1


def test_a_session_within_the_hours_is_not(manager, clinician):
    form = manager.page("/manage/sessions/new").form()
    services = [str(clinician.services[0].id)]
    hours = {"weekdays": ["2"], "opens": "08:00", "closes": "17:00"}
    assert form.fill(services=services, first_day="2026-03-04", **hours).submit().status == 303


def test_a_rule_on_a_sunday_is_asked_about(manager, clinician):
    form = manager.page("/manage/rota/rule").form()
    services = [str(clinician.services[0].id)]
    hours = {"weekdays": ["6"], "opens": "09:00", "closes": "11:00"}
    asked = form.fill(services=services, **hours).submit()
    assert "周日 休息" in asked.errors["opens"]
    assert db.session.query(RotaDraft).count() == 0
    assert asked.form().fill(keep=True).submit().status == 303
    assert db.session.query(RotaDraft).count() == 1


def test_moving_a_session_out_of_the_hours_says_so_before_it_is_done(manager, clinician):
    day = date(2026, 3, 4)
    room = clinician.centre.rooms[0]
    session = make_session(clinician, room, clinician.services, day, opens=time(9))
    page = manager.page(f"/manage/sessions/{session.id}/move")
    shown = page.form(index=0).fill(opens="18:00", closes="19:00").submit()
    assert "不在开放时间内" in shown.words
    assert shown.press("仍按这个时间").status == 303
    begins = [local(session.starts_at).time() for session in db.session.query(ClinicSession)]
    assert time(18) in begins
