"""A course of sessions: planned, booked, moved and ended together; the pages."""

from datetime import date, time, timedelta

import pytest

from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment, Slot
from clinic.scheduling.policies.stored import set_policy
from clinic.scheduling.verify import broken_promises
from tests.booking.teams import count, team
from tests.makes import (
    NOON,
    make_appointment,
    make_centre,
    make_child,
    make_practitioner,
    make_service,
    make_slot,
    make_user,
)
from tests.pages import values

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("families of several children")]


@pytest.fixture
def rehab(app):
    """A therapist on five working days a week for five weeks, a child, and its parent."""
    service = make_service("rehab", minutes=30)
    set_policy({"release_days": 60, "per_week": 7}, service=service, centre=None, by=None, now=NOON)
    team(service, days=35, slot_minutes=30)
    parent = make_user()
    return service, parent, make_child(parent)


def course(client, rehab, **kw):
    service, _, child = rehab
    slot = db.session.query(Slot).order_by(Slot.starts_at).first()
    query = {"child": child.id, "service": service.id, "slot": slot.id, "sessions": 6} | kw
    return client.get("/rehab/course", query_string=query)


def plan_in(page):
    return next(one for one in values(page, "[name=slot]", "value") if "-" in one)


def test_a_course_is_planned_kept_and_booked_whole(client, rehab):
    service, parent, child = rehab
    client.sign_in(parent)
    assert "一个疗程 6 次" in client.get("/rehab/").text
    page = course(client, rehab, weekdays=["1", "3"]).text
    slots = plan_in(page)
    assert slots.count("-") == 5

    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    booked = client.post(held.location, data={"reason": ""})

    assert count(Appointment) == 6
    shown = client.get(booked.location).text
    assert "余下 6 次一起改期" in shown
    assert broken_promises() == []


def test_what_cannot_be_had_says_how_far_it_goes(client, rehab):
    page = course(client.sign_in(rehab[1]), rehab, sessions=20, weekdays=["1"], longest=7)
    assert page.status_code == 200
    assert "次里只能约到" in page.text
    assert "保留这些时间" not in page.text


def test_a_pattern_that_cannot_be_is_422_with_its_reason(client, rehab):
    page = course(client.sign_in(rehab[1]), rehab, gap=7, longest=3)
    assert page.status_code == 422
    assert "最长间隔不能短于最短间隔" in page.text


def test_the_rest_of_a_course_moves_together_or_ends_together(client, rehab):
    service, parent, child = rehab
    slots = plan_in(course(client.sign_in(parent), rehab, sessions=4, weekdays=["1"]).text)
    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    booked = client.post(held.location, data={"reason": ""}).location
    number = booked.rsplit("/", 1)[1]

    query = {"first": "2026-03-04", "at": "10:00", "weekdays": ["2"]}
    page = client.get(f"/rehab/remaining/{number}", query_string=query)
    moved = client.post(f"/rehab/remaining/{number}", data={"slot": plan_in(page.text)})
    assert moved.status_code == 303
    starts = [
        appointment.starts_at
        for appointment in db.session.query(Appointment).order_by(Appointment.id)
    ]
    wednesdays = [date(2026, 3, 4) + timedelta(days=7 * n) for n in range(4)]
    assert starts == [at(day, time(10)) for day in wednesdays]

    client.post(f"{booked}/cancellation", data={"reason": "", "rest": "y"})
    assert all(appointment.cancelled_at for appointment in db.session.query(Appointment))
    assert client.get(f"/rehab/remaining/{number}").location == f"/appointments/{number}"
    assert broken_promises() == []


def test_moving_what_has_gone_meanwhile_shows_a_new_plan(client, rehab):
    service, parent, child = rehab
    slots = plan_in(course(client.sign_in(parent), rehab, sessions=4, weekdays=["1"]).text)
    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    number = client.post(held.location, data={"reason": ""}).location.rsplit("/", 1)[1]
    query = {"first": "2026-03-04", "at": "10:00", "weekdays": ["2"]}
    page = client.get(f"/rehab/remaining/{number}", query_string=query)
    target = plan_in(page.text)
    make_appointment(service=service, slot=db.session.get_one(Slot, int(target.split("-")[-1])))

    answer = client.post(f"/rehab/remaining/{number}", data={"slot": target}, query_string=query)

    assert answer.status_code == 409
    assert plan_in(answer.text) != target
    stranger = client.sign_in(make_user())
    assert stranger.get(f"/rehab/remaining/{number}").status_code == 404


@pytest.mark.parametrize(
    "odd",
    [
        {"longest": "999999999"},
        {"gap": "1", "longest": "99999999"},
        {"gap": "-3", "longest": "-1"},
        {"practitioner": "²"},
        {"weekdays": "9"},
        {"sessions": "999"},
        {"first": "9999-12-31"},
        {"first": "0001-01-01"},
        {"at": "25:00"},
    ],
)
def test_what_nobody_would_choose_is_planned_kindly_or_refused(client, rehab, odd):
    service, parent, child = rehab
    slots = plan_in(course(client.sign_in(parent), rehab, sessions=4, weekdays=["1"]).text)
    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    number = client.post(held.location, data={"reason": ""}).location.rsplit("/", 1)[1]
    chosen = {"child": child.id, "service": service.id, "slot": slots.split("-")[0]}

    for url, query in (("/rehab/course", chosen), (f"/rehab/remaining/{number}", {})):
        assert client.get(url, query_string=query | odd).status_code in (200, 422)


def test_when_one_of_the_rest_was_cancelled_meanwhile_the_plan_is_shown_again(client, rehab):
    service, parent, child = rehab
    slots = plan_in(course(client.sign_in(parent), rehab, sessions=4, weekdays=["1"]).text)
    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    number = client.post(held.location, data={"reason": ""}).location.rsplit("/", 1)[1]
    url = f"/rehab/remaining/{number}"
    query = {"first": "2026-03-04", "at": "10:00", "weekdays": ["2"]}
    target = plan_in(client.get(url, query_string=query).text)
    last = db.session.query(Appointment).order_by(Appointment.id.desc()).first()
    booking.cancel(last, by=parent, online=True, now=NOON)

    answer = client.post(url, data={"slot": target}, query_string=query)

    assert answer.status_code == 409
    assert "其中有的预约刚刚变动过" in answer.text
    assert len(plan_in(answer.text).split("-")) == 3


def test_the_rest_of_a_course_moves_to_no_other_centre(client, rehab):
    """Its page shows times of its own centre; another may not have opened yet."""
    service, parent, child = rehab
    slots = plan_in(course(client.sign_in(parent), rehab, sessions=4, weekdays=["1"]).text)
    data = {"child": child.id, "service": service.id, "slot": slots}
    held = client.post("/rehab/holds", data=data)
    number = client.post(held.location, data={"reason": ""}).location.rsplit("/", 1)[1]
    elsewhere = make_practitioner([service], centre=make_centre(opened_at=None))
    days = [date(2026, 3, 4) + timedelta(days=7 * week) for week in range(4)]
    target = [make_slot(service, practitioner=elsewhere, day=day).id for day in days]

    url = f"/rehab/remaining/{number}"
    answer = client.post(url, data={"slot": "-".join(map(str, target))}, tampered=True)

    assert answer.status_code == 409
    assert {row.centre_id for row in db.session.query(Appointment)} != {elsewhere.centre_id}
