"""A parent keeps a time, confirms it, and has one booking; for each of the four services."""

from datetime import time, timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from clinic.accounts.passwords import hash_password
from clinic.app import ROOMS
from clinic.clock import local
from clinic.db import db
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment, Booking, Channel, Slot
from clinic.scheduling.timetable import opening
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.slot_times import slots_for
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_centre,
    make_child,
    make_practitioner,
    make_service,
    make_session,
    make_slot,
    make_stock,
    make_user,
)
from tests.pages import values
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")


def wish(child, service, slot):
    return {"child": child.id, "service": service.id, "slot": slot.id}


@pytest.mark.parametrize("kind", [room.kind for room in ROOMS])
def test_the_same_confirmation_sent_twice_is_one_booking(client, kind):
    parent = make_user()
    service = make_service(kind)
    slot = make_slot(service)
    make_stock(slot.centre)
    data = wish(make_child(parent), service, slot)
    held = client.sign_in(parent).post(f"/{kind}/holds", data=data)

    answers = [client.post(held.location, data={"reason": "fever"}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    assert db.session.scalar(select(func.count(Booking.id))) == 1
    assert db.session.scalars(select(Appointment.reason)).all() == ["fever"]


def test_a_taken_time_is_409_with_the_nearest_free_times(client):
    parent, rival = make_user(), make_user()
    service = make_service()
    slot = make_slot(service)
    wanted = Request(make_child(rival), service, slots_for(service, slot.id))
    booking.book([wanted], by=rival, key="rival", channel=Channel.ONLINE, now=NOON)
    data = wish(make_child(parent), service, slot)

    answer = client.sign_in(parent).post("/pediatrics/holds", data=data)

    assert answer.status_code == 409
    assert answer.text.count('name="slot"') == 4


def test_what_is_offered_instead_is_not_refused_again_and_says_from_when_it_works(client):
    parent = make_user()
    child, service = make_child(parent), make_service()
    slot = make_slot(service)
    slots = slot.clinic_session.slots
    make_appointment(child, service, slot, by=parent)
    late = [TOMORROW + timedelta(days=1), TOMORROW + timedelta(days=2)]
    for day in late:
        make_session(slot.practitioner, slot.clinic_session.room, [service], day=day)

    answer = client.sign_in(parent).post("/pediatrics/holds", data=wish(child, service, slots[2]))

    assert answer.status_code == 422
    assert "最早可约：3月4日周三。" in answer.text
    offered = [db.session.get_one(Slot, number) for number in slots_in(answer)]
    assert [f"{local(slot.starts_at):%d %H:%M}" for slot in offered] == [
        "04 09:00",
        "04 09:15",
        "04 09:30",
        "04 09:45",
    ]


def slots_in(answer):
    return [int(text) for text in values(answer.text, "[name=slot]", "value")]


def test_a_reason_that_is_too_long_is_422_and_kept(client):
    parent = make_user()
    service = make_service()
    data = wish(make_child(parent), service, make_slot(service))
    held = client.sign_in(parent).post("/pediatrics/holds", data=data)

    answer = client.post(held.location, data={"reason": "x" * 301})

    assert answer.status_code == 422
    assert "x" * 301 in answer.text


def test_another_familys_child_is_not_found(client):
    service = make_service()
    data = wish(make_child(), service, make_slot(service))

    assert client.sign_in(make_user()).post("/pediatrics/holds", data=data).status_code == 404


def test_a_slot_that_never_was_is_not_found(client):
    parent = make_user()
    service = make_service()
    data = {"child": make_child(parent).id, "service": service.id, "slot": 4711}
    assert client.sign_in(parent).post("/pediatrics/holds", data=data).status_code == 404


def test_a_service_of_another_kind_is_not_found(client):
    parent = make_user()
    service = make_service()
    data = wish(make_child(parent), service, make_slot(service))
    assert client.sign_in(parent).post("/rehab/holds", data=data).status_code == 404


def test_too_young_is_said_with_the_first_day_that_works(client):
    parent = make_user()
    service = make_service(min_age_months=24)
    data = wish(make_child(parent), service, make_slot(service))
    answer = client.sign_in(parent).post("/pediatrics/holds", data=data)
    assert answer.status_code == 422
    assert "2月1日" in answer.text  # of 2027, two years after the birth


def test_a_withdrawn_session_cannot_be_booked(client):
    parent = make_user()
    service = make_service()
    slot = make_slot(service)
    data = wish(make_child(parent), service, slot)
    opening.withdraw_if_empty(slot.clinic_session, by=parent, now=NOON)
    answer = client.sign_in(parent).post("/pediatrics/holds", data=data)
    assert answer.status_code == 422
    assert "已停诊" in answer.text


def test_an_expired_hold_still_books_if_nobody_else_came(client):
    parent = make_user()
    service = make_service()
    data = wish(make_child(parent), service, make_slot(service))
    held = client.sign_in(parent).post("/pediatrics/holds", data=data)
    assert client.page(held.location).tree.css_first("[data-when-over]")
    with time_machine.travel(NOON + timedelta(minutes=30), tick=False):
        page = client.page(held.location)
        assert "已不再为您保留" in page.words
        assert "为您保留到" not in page.words
        assert "/appointments/" in page.form(holding="reason").submit().location


def test_an_expired_hold_that_somebody_else_took_is_told_with_alternatives(client):
    parent, rival = make_user(), make_user()
    service = make_service()
    slot = make_slot(service)
    held = client.sign_in(parent).post(
        "/pediatrics/holds", data=wish(make_child(parent), service, slot)
    )
    later = NOON + timedelta(minutes=30)
    wanted = Request(make_child(rival), service, slots_for(service, slot.id))
    booking.book([wanted], by=rival, key="rival", channel=Channel.ONLINE, now=later)
    with time_machine.travel(later, tick=False):
        answer = client.post(held.location, data={"reason": ""})
    assert answer.status_code == 409
    assert answer.text.count('name="slot"') == 4


def test_another_familys_hold_does_not_exist(client):
    parent = make_user()
    service = make_service()
    data = wish(make_child(parent), service, make_slot(service))
    held = client.sign_in(parent).post("/pediatrics/holds", data=data).location
    client.sign_in(make_user())
    assert client.get(held).status_code == 404
    assert client.post(held, data={}).status_code == 404


def test_sixty_holds_in_ten_minutes_are_enough(client):
    parent = make_user()
    service = make_service()
    data = wish(make_child(parent), service, make_slot(service))
    client.sign_in(parent)
    answers = [client.post("/pediatrics/holds", data=data).status_code for _ in range(61)]
    assert answers[-1] == 429
    assert 429 not in answers[:-1]
    chooser = client.page(f"/pediatrics/?day={TOMORROW}")
    from_here = {"Referer": f"http://localhost{chooser.address}"}
    form = chooser.form(action="/pediatrics/holds")
    refused = form.submit("10:45", headers=from_here)
    assert refused.status == 429
    assert refused.form(action="/language").fields["next"] == chooser.address
    assert refused.click("返回").address == chooser.address  # the times, as they were chosen


def test_the_nearest_centre_comes_first_and_only_the_browser_knows_where_one_is(client):
    parent = make_user()
    service = make_service()
    far = make_practitioner([service], centre=make_centre(latitude=30.5, longitude=120.5))
    near = make_practitioner([service], centre=make_centre(latitude=30.2, longitude=120.1))
    make_child(parent)
    client.sign_in(parent)
    client.post("/location", data={"lat": "30.2001", "lng": "120.1001", "next": "/pediatrics/"})
    page = client.get("/pediatrics/").text
    assert page.index(near.centre.name_zh) < page.index(far.centre.name_zh)
    with client.session_transaction() as session:
        assert session["near"] == {"lat": 30.2, "lng": 120.1}


@pytest.mark.parametrize("place", [{}, {"lat": "x", "lng": "1"}, {"lat": "999", "lng": "0"}])
def test_a_place_that_is_none_is_forgotten(client, place):
    assert client.post("/location", data=place | {"next": "/"}).status_code == 303


@pytest.mark.parametrize(
    "rubbish",
    ["child=x", "service=-1", "day=2026-13-40", "centre=99999999999", "part=night", "move=7"],
)
def test_an_old_or_broken_address_still_shows_a_page(client, rubbish):
    parent = make_user()
    make_slot(make_service())
    make_child(parent)
    answer = client.sign_in(parent).get(f"/pediatrics/?{rubbish}")
    assert answer.status_code == (404 if rubbish.startswith("move") else 200)


def test_a_history_restore_gets_the_whole_page(client):
    parent = make_user()
    make_child(parent)
    client.sign_in(parent)
    part = client.get("/pediatrics/", headers={"HX-Request": "true"})
    whole = client.get(
        "/pediatrics/", headers={"HX-Request": "true", "HX-History-Restore-Request": "true"}
    )
    assert "<html" not in part.text
    assert "<html" in whole.text


def test_the_chooser_asks_as_often_for_one_slot_as_for_many(client):
    parent = make_user()
    service = make_service()
    child = make_child(parent)
    make_slot(service)
    address = f"/pediatrics/?child={child.id}&service={service.id}"
    client.sign_in(parent)
    few = count_queries(lambda: client.get(address))
    for _ in range(4):
        make_slot(service, closes=time(17))
    client.get(address)  # there are new centres, which it reads once
    assert count_queries(lambda: client.get(address)) <= few


def test_after_signing_in_again_the_half_filled_booking_is_still_there(client):
    parent = make_user(email="fang@example.cn", password_hash=hash_password("long-enough"))
    service = make_service()
    data = wish(make_child(parent), service, make_slot(service))
    held = client.sign_in(parent).post("/pediatrics/holds", data=data).location
    form = client.page(held).form(holding="reason").fill(reason="咳嗽三天")
    client.forget()
    again = form.submit().follow()
    assert again.address.startswith("/sign-in")
    by_password = client.page("/sign-in/password").form(holding="password")
    back = by_password.fill(contact="fang@example.cn", password="long-enough").submit()
    assert back.location == held
    assert back.follow().form(holding="reason").fields["reason"] == "咳嗽三天"


def test_times_for_another_familys_child_are_not_found(client):
    parent = make_user()
    service = make_service()
    make_slot(service)
    make_child(parent)
    theirs = make_child(make_user(), name="张小满")
    answer = client.sign_in(parent).get(f"/pediatrics/?child={theirs.id}")
    assert answer.status_code == 404
    assert "张小满" not in answer.text
