"""The list of arrivals: tickets, a family with one press, early, late and missing."""

from datetime import timedelta

import pytest
import time_machine

from clinic.db import db
from clinic.visits.models import Ticket
from clinic.visits.rules import State
from tests.desk.queue.asking import tags
from tests.makes import make_appointment, make_child, make_user

pytestmark = pytest.mark.usefixtures("noon")
HTMX = {"HX-Request": "true"}


def test_arrivals_show_the_ticket_and_check_in_a_family_with_one_press(client, reception, slot):
    parent, service = make_user(), slot.practitioner.services[0]
    siblings = [make_child(parent, name=name) for name in ("王大宝", "王小宝")]
    visits = [make_appointment(sibling, service, slot, by=parent) for sibling in siblings]
    desk = client.sign_in(reception)
    assert "全家 2 项一起签到" in desk.get("/desk/").text
    desk.post(f"/desk/appointments/{visits[0].id}/arrival/family")
    page = desk.get("/desk/").text
    assert "A001" in page
    assert "A002" in page
    assert "全家" not in page

    desk.post(f"/desk/appointments/{visits[0].id}/arrival/undo")
    states = [ticket.state for ticket in db.session.query(Ticket).order_by(Ticket.id)]
    assert states == [State.VOID, State.WAITING]


def test_arrivals_mark_early_late_and_missing(client, reception, slot, arrive):
    arrive(make_child(name="周一"))
    service = slot.practitioner.services[0]
    make_appointment(make_child(name="没来"), service, slot)
    desk = client.sign_in(reception)
    page = desk.get("/desk/").text
    assert page.count("早到") == 1
    assert "还没到" not in page
    with time_machine.travel(slot.starts_at + timedelta(minutes=16), tick=False):
        page = desk.get("/desk/").text
    assert "早到" not in page
    assert page.count("还没到") == 1


def test_arrivals_are_unchanged_until_something_happens(client, reception, slot, arrive):
    arrive()
    desk = client.sign_in(reception)
    tag = tags(desk.get("/desk/").text)[0]
    ask = HTMX | {"If-None-Match": f'W/"{tag}"'}
    address = f"/desk/?centre={slot.centre.code}"
    assert desk.get(address, headers=ask).status_code == 304
    make_appointment(service=slot.practitioner.services[0], slot=slot)
    assert desk.get(address, headers=ask).status_code == 200
