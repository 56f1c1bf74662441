"""What the database refuses even to whoever goes past our code, on both engines."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from clinic.accounts.models import User
from clinic.db import db
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_appointment, make_child, make_service, make_slot, make_user

pytestmark = pytest.mark.usefixtures("both")


@pytest.fixture
def booked(both):
    """One appointment on a slot for one, and a second child."""
    service = make_service()
    slot = make_slot(service)
    appointment = make_appointment(service=service, slot=slot)
    other = make_child()
    return {
        "slot": slot.id,
        "session": slot.clinic_session_id,
        "appointment": appointment.id,
        "child": appointment.child_id,
        "other": other.id,
    }


COPY_APPOINTMENT = """
    INSERT INTO appointments (booking_id, child_id, service_id, centre_id, practitioner_id, room_id,
        slot_id, slot_count, starts_at, ends_at, reason, note, cancel_reason, version)
    SELECT booking_id, {child}, service_id, centre_id, practitioner_id, room_id, slot_id, 1,
        starts_at, ends_at, '', '', '', 1 FROM appointments WHERE id = :appointment"""

REFUSED = {
    "a place in a full slot": (
        "INSERT INTO places (slot_id, appointment_id, online)"
        " SELECT slot_id, appointment_id, online FROM places WHERE slot_id = :slot"
    ),
    "fewer places than are taken": "UPDATE slots SET capacity = 0 WHERE id = :slot",
    "a count without its place": "UPDATE slots SET taken = 2 WHERE id = :slot",
    "two sessions of one practitioner": (
        "INSERT INTO clinic_sessions (centre_id, practitioner_id, room_id, starts_at, ends_at,"
        " created_at) SELECT centre_id, practitioner_id, room_id, starts_at, ends_at, created_at"
        " FROM clinic_sessions WHERE id = :session"
    ),
    "two appointments of one child": COPY_APPOINTMENT.format(child=":child"),
    "changing what was written down": "UPDATE audit_events SET action = 'x'",
    "deleting what was written down": "DELETE FROM audit_events",
    "changing what was agreed to": "UPDATE consents SET given = (1 = 0)",
    "deleting what was agreed to": "DELETE FROM consents",
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses(booked, what):
    make_user()  # who agreed to the texts
    statement = text(REFUSED[what])
    with pytest.raises(DBAPIError):
        db.session.execute(statement, {key: booked[key] for key in statement._bindparams})
    db.session.rollback()
    assert broken_promises() == []


DAMAGE = {
    "a live appointment without its place": "DELETE FROM places WHERE appointment_id = :appointment",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_verify_finds(booked, what):
    assert broken_promises() == []
    statement = text(DAMAGE[what])
    db.session.execute(statement, {key: booked[key] for key in statement._bindparams})
    db.session.commit()
    assert any(str(booked["appointment"]) in line for line in broken_promises())


def test_moments_come_back_as_they_went(both):
    user = make_user(created_at=NOON)
    db.session.expire_all()
    assert db.session.get(User, user.id).created_at == NOON
