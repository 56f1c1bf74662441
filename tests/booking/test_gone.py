"""Why a time cannot be had: which visit stands in the way, what may come back, what else there is."""

from datetime import timedelta

import pytest

from clinic.db import db
from clinic.scheduling.models import Place
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
