"""Arrivals, queue and wall ask as often for forty tickets as for one."""

from datetime import time

import pytest

from clinic.accounts.models import Role
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db
from clinic.visits import arriving
from tests.makes import NOON, make_appointment, make_service, make_slot, make_user
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
MANY = 40


@pytest.mark.heavy("forty tickets")
@pytest.mark.parametrize(
    "page", ["/desk/", "/desk/queue?station=doctor", "/desk/queue?station=doctor&room={room}"]
)
def test_forty_tickets_cost_as_many_queries_as_one(client, page):
    service = make_service("pediatrics")
    slots = make_slot(
        service, day=clinic_day(NOON), opens=time(13), closes=time(18), capacity=2
    ).clinic_session.slots
    centre = db.session.get(Centre, slots[0].centre_id)
    user = make_user(Role.RECEPTION, centre=centre)
    page = page.format(room=slots[0].clinic_session.room_id)

    def arrive(*slots):
        for slot in slots:
            made = make_appointment(service=service, slot=slot)
            arriving.check_in(made, by=user, now=NOON)
        db.session.commit()

    twice = [slot for slot in slots for _ in range(2)][:MANY]
    arrive(twice[0])
    client.sign_in(user).get(page)  # whom a list shows anew is noted, in a statement more
    one = count_queries(lambda: client.get(page))
    arrive(*twice[1:])
    assert client.get(page).text.count("王一禾") >= MANY
    assert count_queries(lambda: client.get(page)) == one
