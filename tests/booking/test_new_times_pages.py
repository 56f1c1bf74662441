"""Families whose hours were changed: a time kept for them, another, or none; the pages."""

import pytest

from clinic.clock import day_bounds
from clinic.db import db
from clinic.scheduling.appointments import new_times
from clinic.scheduling.changes.kinds import Away
from clinic.scheduling.models import Appointment, Slot
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.booking.teams import apply, buttons, team
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_child,
    make_guardianship,
    make_service,
    make_user,
)
from tests.pages import values

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("families of several children")]


def test_a_family_whose_hours_changed_takes_a_time_that_is_kept(client):
    service = make_service()
    practitioner = team(service, days=3)
    parent, father = make_user(), make_user()
    child = make_child(parent)
    make_guardianship(father, child)
    slot = db.session.query(Slot).order_by(Slot.starts_at).first()
    lost = make_appointment(child, service, slot, by=parent)
    apply(Away(practitioner, *day_bounds(TOMORROW)))
    new_times.offer_to(lost.id, now=NOON)
    client.sign_in(father)  # any guardian may

    page = client.get("/appointments/").text
    assert "需要改期" in page
    assert "有1个预约需要改期" in client.get("/").text
    kept = values(page, 'a[href^="/pediatrics/holds/"]', "href")
    assert len(kept) == 2
    assert "需改期" in client.get(f"/appointments/{lost.id}").text
    assert client.post(kept[1], data={"reason": ""}).status_code == 303

    assert status_of(db.session.get_one(Appointment, lost.id)) is Status.BOOKED
    assert "需要改期" not in client.get("/appointments/").text
    assert client.sign_in(make_user()).get(kept[0]).status_code == 404
    assert broken_promises() == []


def test_a_family_whose_hours_changed_may_choose_another_time_or_cancel(client):
    service = make_service()
    practitioner = team(service, days=3)
    parent = make_user()
    slots = db.session.query(Slot).order_by(Slot.starts_at).all()
    moved = make_appointment(make_child(parent), service, slots[0], by=parent)
    cancelled = make_appointment(make_child(parent), service, slots[1], by=parent)
    apply(Away(practitioner, *day_bounds(TOMORROW)))

    client.sign_in(parent)
    page = client.get(f"/pediatrics/?move={moved.id}").text
    data = {
        "child": moved.child_id,
        "service": service.id,
        "move": moved.id,
        "slot": buttons(page)[0],
    }
    held = client.post("/pediatrics/holds", data=data)
    assert client.post(held.location, data={"reason": ""}).status_code == 303
    assert (
        client.post(f"/appointments/{cancelled.id}/cancellation", data={"reason": ""}).status_code
        == 303
    )
    assert [
        status_of(db.session.get_one(Appointment, appointment))
        for appointment in (moved.id, cancelled.id)
    ] == [
        Status.BOOKED,
        Status.CANCELLED,
    ]
