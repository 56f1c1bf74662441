"""A parent keeps a time, confirms it, and has one booking; for each of the four services."""

import pytest
from sqlalchemy import func, select

from clinic.centres.models import ServiceKind
from clinic.db import db
from clinic.scheduling import booking
from clinic.scheduling.models import Appointment, Booking, Channel
from clinic.scheduling.queries import slots_for
from tests.makes import NOON, make_child, make_service, make_slot, make_user

pytestmark = pytest.mark.usefixtures("noon")


def wish(child, service, slot):
    return {"child": child.id, "service": service.id, "slot": slot.id}


@pytest.mark.parametrize("kind", ServiceKind)
def test_the_same_confirmation_sent_twice_is_one_booking(client, kind):
    parent = make_user()
    service = make_service(kind)
    data = wish(make_child(parent), service, make_slot(service))
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
    wanted = booking.Wanted(make_child(rival), service, slots_for(service, slot.id))
    booking.book([wanted], by=rival, key="rival", channel=Channel.ONLINE, now=NOON)
    data = wish(make_child(parent), service, slot)

    answer = client.sign_in(parent).post("/pediatrics/holds", data=data)

    assert answer.status_code == 409
    assert answer.text.count('name="slot"') == 4


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
