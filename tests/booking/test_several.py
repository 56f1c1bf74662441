"""Several at once: siblings, a check with its vaccination; the pages, as parents use them."""

import pytest

from clinic.db import db
from clinic.scheduling.models import Appointment, Booking, Hold, Slot
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.booking.teams import buttons, count, team
from tests.makes import (
    make_appointment,
    make_child,
    make_guardianship,
    make_service,
    make_slot,
    make_stock,
    make_user,
)

pytestmark = [pytest.mark.usefixtures("noon"), pytest.mark.heavy("families of several children")]


def test_siblings_are_booked_together_and_one_is_cancelled_alone(client):
    parent = make_user()
    children = [make_child(parent, name=name) for name in ("王一禾", "王一麦")]
    service = make_service()
    team(service)
    ids = [child.id for child in children]
    address = f"/pediatrics/?child={ids[0]}&with={ids[1]}"

    chosen = buttons(client.sign_in(parent).get(address).text)[0]
    data = {"child": ids[0], "with": ids[1], "service": service.id, "slot": chosen, "any": 1}
    held = client.post("/pediatrics/holds", data=data)
    page = client.get(held.location).text
    assert all(name in page for name in ("王一禾", "王一麦"))
    booked = client.post(held.location, data={"reason": "发烧"})

    assert (count(Booking), count(Appointment)) == (1, 2)
    shown = client.get(booked.location).text
    assert "同一预约" in shown
    client.post(f"{booked.location}/cancellation", data={"reason": ""})
    standing = [
        status_of(appointment)
        for appointment in db.session.query(Appointment).order_by(Appointment.id)
    ]
    assert standing == [Status.CANCELLED, Status.BOOKED]
    assert broken_promises() == []


def test_a_check_is_followed_by_a_vaccination(client):
    parent = make_user()
    child = make_child(parent)
    check = make_service("checkups")
    vaccination = make_service("vaccination")
    checker = team(check)
    team(vaccination, centre=checker.centre)
    make_stock(checker.centre)

    page = client.sign_in(parent).get(f"/checkups/?then={vaccination.id}").text
    data = {
        "child": child.id,
        "service": check.id,
        "then": vaccination.id,
        "slot": buttons(page)[0],
    }
    held = client.post("/checkups/holds", data=data)
    client.post(held.location, data={"reason": ""})

    made = db.session.query(Appointment).order_by(Appointment.starts_at).all()
    assert [appointment.service_id for appointment in made] == [check.id, vaccination.id]
    assert made[0].ends_at <= made[1].starts_at


def test_when_one_of_several_has_gone_nothing_is_booked(client):
    parent = make_user()
    children = [make_child(parent) for _ in range(2)]
    service = make_service()
    team(service)
    ids = [child.id for child in children]
    page = client.sign_in(parent).get(f"/pediatrics/?child={ids[0]}&with={ids[1]}").text
    chosen = buttons(page)[0]
    make_appointment(service=service, slot=db.session.get_one(Slot, int(chosen.split("-")[1])))
    data = {"child": ids[0], "with": ids[1], "service": service.id, "slot": chosen}

    answer = client.post("/pediatrics/holds", data=data)

    assert answer.status_code == 409
    assert "没有约成" in answer.text
    assert (count(Hold), count(Appointment)) == (0, 1)

    instead = buttons(answer.text)
    assert len(instead) == 4
    assert chosen not in instead
    held = client.post("/pediatrics/holds", data=data | {"slot": instead[0]})
    assert (held.status_code, count(Hold)) == (303, 2)
    assert all(f'name="with" value="{one}"' in answer.text for one in ids[1:])


@pytest.mark.parametrize("slot", ["", "1-", "x", "1-2-3", "99999999999"])
def test_slots_that_make_no_sense_are_not_found(client, slot):
    parent = make_user()
    children = [make_child(parent) for _ in range(2)]
    service = make_service()
    team(service)
    ids = [child.id for child in children]
    data = {"child": ids[0], "with": ids[1], "service": service.id, "slot": slot}
    assert client.sign_in(parent).post("/pediatrics/holds", data=data).status_code == 404


def test_another_familys_child_cannot_be_brought_along(client):
    parent = make_user()
    service = make_service()
    slot = make_slot(service, capacity=2)
    data = {
        "child": make_child(parent).id,
        "with": make_child().id,
        "service": service.id,
        "slot": f"{slot.id}-{slot.id}",
    }
    assert client.sign_in(parent).post("/pediatrics/holds", data=data).status_code == 404


def test_anyone_is_one_button_a_time_and_never_refused_while_one_is_free(client):
    service = make_service()
    first = team(service)
    for _ in range(2):
        team(service, centre=first.centre)
    parent = make_user()
    child = make_child(parent)
    page = client.sign_in(parent).get("/pediatrics/").text
    assert len(buttons(page)) == 8
    assert "3位可约" in page
    chosen = buttons(page)[0]
    make_appointment(service=service, slot=db.session.get_one(Slot, int(chosen)))

    data = {"child": child.id, "service": service.id, "slot": chosen, "any": 1}
    assert client.post("/pediatrics/holds", data=data).status_code == 303
    with_them = data | {"any": ""}
    assert client.post("/pediatrics/holds", data=with_them).status_code == 409


def test_a_guardian_of_one_child_does_not_see_the_other_in_a_booking(client):
    parent, father = make_user(), make_user()
    theirs, hers = make_child(parent, name="王一禾"), make_child(parent, name="林小满")
    make_guardianship(father, theirs)
    service = make_service()
    team(service)
    page = client.sign_in(parent).get(f"/pediatrics/?child={theirs.id}&with={hers.id}").text
    data = {
        "child": theirs.id,
        "with": hers.id,
        "service": service.id,
        "slot": buttons(page)[0],
    }
    held = client.post("/pediatrics/holds", data=data)
    booked = client.post(held.location, data={"reason": ""})
    assert "林小满" in client.get(booked.location).text
    assert "林小满" not in client.sign_in(father).get(booked.location).text
