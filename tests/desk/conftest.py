"""A centre that is open this afternoon, its reception, and one visit."""

from datetime import time

import pytest

from clinic.accounts.models import Role
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db
from tests.makes import NOON, make_appointment, make_service, make_slot, make_user

TODAY = clinic_day(NOON)


@pytest.fixture
def service():
    return make_service()


@pytest.fixture
def slot(app, service):
    return make_slot(service, day=TODAY, opens=time(14), closes=time(17), capacity=3)


@pytest.fixture
def centre(slot):
    return db.session.get(Centre, slot.centre_id)


@pytest.fixture
def desk(client, centre):
    return client.sign_in(make_user(Role.RECEPTION, centre=centre, name="前台"))


@pytest.fixture
def visit(service, slot):
    return make_appointment(service=service, slot=slot)
