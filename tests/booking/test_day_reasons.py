"""Why a day of the page of times has nothing."""

from datetime import date, time, timedelta

import pytest
import time_machine

from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.models import Slot
from clinic.scheduling.policies.stored import set_policy
from tests.booking.teams import apply, team
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_user,
)

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("families of several children")]


def why(client, service, **kw):
    query = {"day": TOMORROW.isoformat(), "service": service.id} | kw
    return client.get("/pediatrics/", query_string=query).text


def test_a_day_says_why_it_has_nothing(client):
    service = make_service()
    practitioner = team(service)
    parent = make_user()
    child = make_child(parent)
    client.sign_in(parent)
    assert "这一天没有出诊" in why(client, service, day="2026-03-04")
    evening = why(client, service, part="evening")
    assert "这里没有晚间门诊" in evening
    assert "/waitlist" not in evening
    assert "最早可约：3月3日周二 09:00" in why(client, service, day="2026-03-04")

    slots = db.session.query(Slot).order_by(Slot.starts_at).all()
    make_appointment(child, service, slots[0], by=parent)
    assert "孩子在3月3日周二已有该项目的预约" in why(client, service)

    other = make_child(parent)
    centre = practitioner.centre
    apply(Close(centre, *day_bounds(TOMORROW), "消防检修", "Fire drill"))
    assert "这一天停诊：消防检修" in why(client, service, child=other.id)


def test_a_day_that_is_not_open_yet_says_when_it_opens(client):
    service = make_service()
    set_policy({"release_days": 1}, service=service, centre=None, by=None, now=NOON)
    practitioner = make_practitioner([service])
    day = TOMORROW + timedelta(days=2)
    make_session(practitioner, make_room(practitioner.centre), [service], day=day)
    parent = make_user()
    make_child(parent)
    page = why(client.sign_in(parent), service, day=day.isoformat())
    assert "3月4日周三 18:00" in page
    assert "未开放" in page


def test_a_holiday_is_called_one(client):
    service = make_service()
    parent = make_user()
    make_child(parent)
    team(service)
    with time_machine.travel(at(date(2026, 9, 28), time(9)), tick=False):
        page = why(client.sign_in(parent), service, day="2026-10-01")
    assert "法定节假日" in page
