"""`schedule verify` notices every kind of damage, also where nothing protects the database."""

import pytest
from sqlalchemy import text

from clinic.db import db
from clinic.scheduling import holding
from clinic.scheduling.models import Slot
from clinic.scheduling.queries import slots_for
from clinic.scheduling.verify import PROMISES, broken_promises
from clinic.scheduling.wanted import Wanted
from tests.makes import (
    NOON,
    make_appointment,
    make_child,
    make_practitioner,
    make_service,
    make_slot,
    make_user,
)
from tests.promises import drop_promises

THEIRS = "(SELECT {column} FROM clinic_sessions WHERE id = :session)"
SOMEBODY = "(SELECT min(id) FROM users)"

# Each promise of `verify`, and statements after which it is broken.
DAMAGE = {
    "slot {id}: more places taken than there are": [
        "INSERT INTO places (slot_id, hold_id, online, expires_at)"
        " SELECT :slot, id, false, expires_at FROM holds"
    ],
    "slot {id}: more places taken online than its share": [
        "INSERT INTO places (slot_id, hold_id, online, expires_at)"
        " SELECT :slot, id, true, expires_at FROM holds WHERE id = :hold"
    ],
    "slot {id}: the count of taken places is wrong": [
        "UPDATE slots SET taken = 0, online_taken = 0 WHERE id = :slot"
    ],
    "slot {id}: when its earliest hold expires is wrong": [
        "UPDATE slots SET frees_at = ends_at WHERE id = :slot"
    ],
    "slot {id}: closed, but families are booked": [
        "UPDATE slots SET taken = 0, online_taken = 0, closed_at = starts_at WHERE id = :slot"
    ],
    "slot {id}: a search would be told something else": [
        "UPDATE slot_services SET closed = true WHERE slot_id = :slot"
    ],
    "slot {id}: not inside its session": [
        "UPDATE clinic_sessions SET starts_at = (SELECT ends_at FROM slots WHERE id = :slot)"
        " WHERE id = :session"
    ],
    "slot {id}: overlaps another of its session": [
        f"UPDATE slots SET ends_at = {THEIRS.format(column='ends_at')} WHERE id = :slot",
        f"UPDATE slot_services SET ends_at = {THEIRS.format(column='ends_at')} WHERE slot_id = :slot",
    ],
    "session {id}: its practitioner is in two sessions at once": [
        f"UPDATE clinic_sessions SET practitioner_id = {THEIRS.format(column='practitioner_id')}"
    ],
    "session {id}: its room is used twice at once": [
        f"UPDATE clinic_sessions SET room_id = {THEIRS.format(column='room_id')}"
    ],
    "session {id}: withdrawn, but families are booked": [
        f"UPDATE clinic_sessions SET withdrawn_at = created_at, withdrawn_by_id = {SOMEBODY}"
    ],
    "appointment {id}: overlaps another of the child": [
        "UPDATE appointments SET child_id = :child"
    ],
    "appointment {id}: live, but without all its places": [
        "DELETE FROM places WHERE appointment_id = :appointment"
    ],
    "appointment {id}: ended, but still keeps places": [
        f"UPDATE appointments SET cancelled_at = starts_at, cancelled_by_id = {SOMEBODY}"
    ],
    "appointment {id}: its places are at another time or centre": [
        "UPDATE places SET slot_id = :next_slot WHERE appointment_id = :appointment"
    ],
    "booking {id}: without an appointment": [
        "DELETE FROM places WHERE appointment_id = :appointment",
        "DELETE FROM appointments WHERE id = :appointment",
    ],
    "hold {id}: confirmed, but still keeps places": [
        "UPDATE holds SET booking_id = :booking WHERE id = :hold"
    ],
    "child {id}: no guardian at all": ["DELETE FROM guardianships WHERE child_id = :child"],
}


def keep(service, slot):
    parent = make_user()
    wanted = Wanted(make_child(parent), service, slots_for(service, slot.id))
    kept = holding.hold(wanted, by=parent, now=NOON)
    db.session.commit()
    return kept


@pytest.fixture
def rows(both):
    """Ids of a small sound clinic: a full online share, two sessions at once, two holds elsewhere."""
    service = make_service()
    slot = make_slot(service, capacity=2, online_capacity=1)
    rival = make_slot(
        service, practitioner=make_practitioner([service], centre=slot.centre), capacity=3
    )
    appointment = make_appointment(service=service, slot=slot)
    make_appointment(service=service, slot=rival)
    holds = [keep(service, rival) for _ in range(2)]
    return {
        "slot": slot.id,
        "next_slot": slot.clinic_session.slots[1].id,
        "session": slot.clinic_session_id,
        "appointment": appointment.id,
        "booking": appointment.booking_id,
        "child": appointment.child_id,
        "hold": holds[0].id,
    }


@pytest.fixture
def unprotected(rows):
    """The same, after the triggers and exclusions are gone."""
    drop_promises()
    return rows


def damage(statements, rows):
    for statement in statements:
        clause = text(statement)
        db.session.execute(clause, {name: rows[name] for name in clause._bindparams})
    db.session.commit()


def test_a_sound_clinic_breaks_no_promise(rows):
    assert broken_promises() == []


@pytest.mark.parametrize("promise", PROMISES)
def test_damage_is_found(unprotected, promise):
    assert broken_promises() == []

    damage(DAMAGE[promise], unprotected)

    subject = promise.split()[0]
    assert promise.format(id=unprotected[subject]) in broken_promises()


def test_bookings_without_triggers_are_found(unprotected):
    slot = db.session.get_one(Slot, unprotected["next_slot"])

    make_appointment(slot=slot, service=slot.practitioner.services[0])

    wrong = ["the count of taken places is wrong", "a search would be told something else"]
    assert broken_promises() == [f"slot {slot.id}: {one}" for one in wrong]


def test_a_server_that_lives_in_hangzhou_is_read_as_well(rows):
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SET timezone = 'Asia/Shanghai'"))
    assert broken_promises() == []


def test_the_command_says_all_is_well(both, rows):
    answer = both.test_cli_runner().invoke(args=["schedule", "verify"])

    assert (answer.exit_code, answer.output) == (0, "Every promise is kept.\n")


def test_the_command_names_the_damage_and_fails(both, rows):
    damage(["UPDATE slot_services SET closed = true WHERE slot_id = :slot"], rows)

    answer = both.test_cli_runner().invoke(args=["schedule", "verify"])

    line = f"slot {rows['slot']}: a search would be told something else\n"
    assert (answer.exit_code, answer.output) == (1, line)
