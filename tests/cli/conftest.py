"""A centre with a manager, and a way to run commands."""

import pytest

from clinic.accounts.models import Role
from clinic.db import db
from tests.makes import make_appointment, make_service, make_slot, make_user

BY = "manager@clinic.example"


@pytest.fixture
def run(app):
    """Runs a command; gives its exit code and what it printed."""
    runner = app.test_cli_runner()

    def call(*args):
        db.session.commit()
        db.session.expire_all()
        answer = runner.invoke(args=["schedule", *map(str, args)])
        db.session.rollback()
        return answer.exit_code, answer.output

    return call


@pytest.fixture
def centre(app):
    """A centre with a manager, a practitioner, a room and one booked slot tomorrow at nine."""
    service = make_service()
    slot = make_slot(service)
    make_user(Role.MANAGER, centre=slot.centre, email=BY)
    make_appointment(service=service, slot=slot)
    return slot.centre
