"""A centre that is open this afternoon, its people, and children who come."""

from datetime import time

import pytest

from clinic.accounts.models import Role
from clinic.clock import clinic_day
from clinic.db import db
from clinic.visits import arriving
from tests.makes import NOON, make_appointment, make_user
from tests.world import World

TODAY = clinic_day(NOON)


@pytest.fixture
def app(both):
    """Each of these on both engines: the rows that are locked were loaded with others."""
    return both


@pytest.fixture
def slot(app):
    hours = {"day": TODAY, "opens": time(14), "closes": time(17), "capacity": 6}
    return World(hours=hours).slot()


@pytest.fixture
def reception(slot):
    return make_user(Role.RECEPTION, centre=slot.centre)


@pytest.fixture
def doctor(slot):
    user = make_user(Role.CLINICIAN, centre=slot.centre)
    slot.practitioner.user = user
    db.session.commit()
    return user


@pytest.fixture
def arrive(slot, reception):
    def make(child=None, by=None):
        service = slot.practitioner.services[0]
        appointment = make_appointment(child, service, slot, by=by)
        ticket = arriving.check_in(appointment, by=reception, now=NOON)
        db.session.commit()
        return ticket

    return make


@pytest.fixture
def room(client, doctor, slot):
    """The doctor's browser, and a way to press a button on the queue's page."""
    browser = client.sign_in(doctor)
    place = {
        "centre": slot.centre.code,
        "station": "doctor",
        "room": slot.clinic_session.room_id,
    }

    def press(verb, ticket=None, headers=None, **more):
        data = place | more
        if ticket is None:
            return browser.post("/desk/queue/next", data=data, headers=headers)
        data |= {"verb": verb, "seen": ticket.steps} | more
        return browser.post(f"/desk/queue/tickets/{ticket.id}", data=data, headers=headers)

    browser.press = press
    return browser
