"""Why a time cannot be had: which visit stands in the way, what may come back, what else there is."""

from datetime import timedelta

import pytest
from sqlalchemy import delete, select

from clinic.db import db
from clinic.scheduling.models import Appointment, Hold, Place
from tests.makes import (
    NOON,
    make_appointment,
    make_child,
    make_guardianship,
    make_practitioner,
    make_room,
    make_service,
    make_session,
    make_slot,
    make_user,
)

pytestmark = pytest.mark.usefixtures("noon")


def wish(child, service, slot):
    return {"child": child.id, "service": service.id, "slot": slot.id}


def test_the_other_visit_is_named_with_its_place_and_a_link_to_each_guardian(client):
    mother, father = make_user(), make_user()
    child = make_child(mother)
    make_guardianship(father, child)
    hers = make_appointment(child, by=mother)
    service = make_service(name_zh="康复训练")
    slot = make_slot(service)
    data = wish(child, service, slot)
    answer = client.sign_in(father).post("/pediatrics/holds", data=data, tampered=True)
    assert answer.status_code == 422
    assert hers.centre.name_zh in answer.text
    assert f"/appointments/{hers.id}" in answer.text


def test_a_place_that_rests_after_a_release_may_come_free(client):
    service = make_service()
    slot = make_slot(service)
    db.session.add(Place(slot_id=slot.id, online=True, expires_at=NOON + timedelta(minutes=3)))
    db.session.commit()
    parent = make_user()
    data = wish(make_child(parent), service, slot)
    answer = client.sign_in(parent).post("/pediatrics/holds", data=data, tampered=True)
    assert answer.status_code == 409
    assert "几分钟后可能" in answer.text


def test_no_time_is_offered_twice_where_no_clinician_is_named(client):
    service = make_service()
    first = make_practitioner([service])
    second = make_practitioner([service], centre=first.centre)
    taken = make_session(first, make_room(first.centre), [service]).slots[0]
    make_session(second, make_room(first.centre), [service])
    make_appointment(service=service, slot=taken)
    parent = make_user()
    data = wish(make_child(parent), service, taken)
    page = client.sign_in(parent).page("/")
    answer = page.answer(client.post("/pediatrics/holds", data=data, tampered=True))
    offered = answer.rows("button.slot-wide")
    assert len(offered) == len(set(offered)) > 1


@pytest.fixture
def two_tabs(both):
    """A parent, at the page that confirms nine o'clock; in another tab, at the page of times."""
    client, parent = both.test_client(), make_user()
    service = make_service()
    make_slot(service)
    make_child(parent)
    make_child(parent, name="王二禾")
    client.sign_in(parent)
    times = client.page("/pediatrics/?part=morning")
    confirm = times.form("wish").submit(times.values("button.slot", "value")[0]).follow()
    return client, confirm, times


def chosen_anew(client, times):
    times.form("wish").submit(times.values("button.slot", "value")[1]).follow()


def given_up(client, times):
    confirm = times.form("wish").submit(times.values("button.slot", "value")[0]).follow()
    confirm.form(action="/release").submit()


def forgotten(client, times):
    db.session.execute(delete(Place))
    db.session.execute(delete(Hold))
    db.session.commit()


@pytest.mark.parametrize("change", [chosen_anew, given_up, forgotten])
def test_a_time_held_no_more_keeps_the_wish_and_what_was_typed(two_tabs, change):
    client, confirm, times = two_tabs
    change(client, times)

    page = confirm.form(holding="reason").fill(reason="咳嗽三天").submit()
    assert page.status == 409
    assert "已不再为您保留" in page.words
    offered = page.values("button.slot-wide", "value")
    assert times.values("button.slot", "value")[0] in offered  # free again

    after = page.form(holding="slot").submit(offered[0]).follow()
    assert after.form(holding="reason").fields["reason"] == "咳嗽三天"
    assert "part=morning" in after.address
    assert after.form(holding="reason").submit().follow().status == 200
    assert db.session.scalars(select(Appointment.reason)).all() == ["咳嗽三天"]


def test_looking_again_at_a_time_held_no_more_leads_back_to_the_times(two_tabs):
    client, confirm, times = two_tabs
    given_up(client, times)
    for again in (
        client.page(confirm.address, status=303),
        confirm.form(action="/release").submit(),
    ):
        page = again.follow()
        assert page.form("wish").fields["part"] == "morning"


@pytest.mark.parametrize("method", ["get", "post"])
def test_what_others_held_once_is_not_found(two_tabs, method):
    client, confirm, times = two_tabs
    given_up(client, times)
    client.sign_in(make_user())
    assert getattr(client, method)(confirm.address).status_code == 404
