"""`schedule verify` notices every kind of damage, also where nothing protects the database."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from clinic.db import db
from clinic.scheduling.changes import applying, kinds
from clinic.scheduling.changes.kinds import Close
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment, Hold, Place, Slot, WaitlistEntry
from clinic.scheduling.verify import PROMISES, broken_promises
from tests.makes import NOON, TOMORROW, make_appointment, make_child, make_hold, make_user, save
from tests.promises import drop_promises
from tests.world import World

THEIRS = "(SELECT {column} FROM clinic_sessions WHERE id = :session)"
SOMEBODY = "(SELECT min(id) FROM users)"
A_CLOSURE = (
    "INSERT INTO closures"
    " (centre_id, room_id, starts_at, ends_at, reason_zh, reason_en, made_at, made_by_id)"
    f" SELECT centre_id, room_id, starts_at, ends_at, '', '', created_at, {SOMEBODY}"
    " FROM clinic_sessions WHERE id = :session"
)
A_LEAVE = (
    "INSERT INTO leaves"
    " (centre_id, practitioner_id, starts_at, ends_at, reason, made_at, made_by_id)"
    f" SELECT centre_id, practitioner_id, starts_at, ends_at, '', created_at, {SOMEBODY}"
    " FROM clinic_sessions WHERE id = :session"
)
LIFTED = f"lifted_at = made_at, lifted_by_id = {SOMEBODY}"
CLOSED_BY = (
    "INSERT INTO slot_closings (slot_id, reason, {0}_id, made_at)"
    " SELECT :slot, '{0}', id, made_at FROM {0}s"
)
CLOSED = "UPDATE slots SET taken = 0, online_taken = 0, closed_at = starts_at WHERE id = :slot"

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
    "slot {id}: since when it is closed is wrong": [
        "INSERT INTO slot_closings (slot_id, reason, made_at)"
        " SELECT id, 'hand', starts_at FROM slots WHERE id = :slot"
    ],
    "slot {id}: closed by a closure that was lifted, or is elsewhere": [
        A_CLOSURE,
        f"UPDATE closures SET {LIFTED}",
        CLOSED_BY.format("closure"),
    ],
    "slot {id}: closed by a leave that was lifted, or is another's": [
        A_LEAVE,
        f"UPDATE leaves SET {LIFTED}",
        CLOSED_BY.format("leave"),
    ],
    "slot {id}: lifting something else would open it while its centre or room is shut": [
        A_CLOSURE,
        CLOSED,
    ],
    "slot {id}: lifting something else would open it while its practitioner is away": [
        A_LEAVE,
        CLOSED,
    ],
    "slot {id}: a search would be told something else": [
        "UPDATE slot_services SET closed = true WHERE slot_id = :slot"
    ],
    "slot {id}: shut for what is retired, and is not": [
        "INSERT INTO slot_closings (slot_id, reason, made_at)"
        " SELECT id, 'retired_centre', starts_at FROM slots WHERE id = :slot"
    ],
    "appointment {id}: for a service that is retired by then": [
        "INSERT INTO slot_closings (slot_id, reason, made_at, service_id)"
        " SELECT slot_id, 'retired_service', starts_at, service_id FROM appointments"
        " WHERE id = :appointment"
    ],
    "session {id}: of a day on which its clinician, room or centre is retired": [
        f"UPDATE clinic_sessions SET rota_day = '{TOMORROW}' WHERE id = :session",
        f"UPDATE centres SET retired_on = '{TOMORROW}'",
    ],
    "slot {id}: not inside its session": [
        "UPDATE clinic_sessions SET starts_at = (SELECT ends_at FROM slots WHERE id = :slot)"
        " WHERE id = :session"
    ],
    "slot {id}: open, but its session is withdrawn": [
        f"UPDATE clinic_sessions SET withdrawn_at = created_at, withdrawn_by_id = {SOMEBODY}"
    ],
    "slot {id}: open, but for no service": ["DELETE FROM slot_services WHERE slot_id = :slot"],
    "slot {id}: open while its centre or room is shut": [A_CLOSURE],
    "slot {id}: open while its practitioner is away": [A_LEAVE],
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
    "appointment {id}: its places are at another time, room or centre": [
        "UPDATE places SET slot_id = :next_slot WHERE appointment_id = :appointment"
    ],
    "appointment {id}: its first place is not in the slot that it names": [
        "UPDATE appointments SET slot_id = :next_slot WHERE id = :appointment"
    ],
    "appointment {id}: in a slot that is not for its service": [
        "DELETE FROM slot_services WHERE slot_id = :slot"
    ],
    "appointment {id}: what happened to it is not in the audit": [
        "DELETE FROM audit_events WHERE subject_id = :appointment AND action = 'book'"
    ],
    "booking {id}: without an appointment": [
        "DELETE FROM places WHERE appointment_id = :appointment",
        "DELETE FROM appointments WHERE id = :appointment",
    ],
    "hold {id}: confirmed, but still keeps places": [
        "UPDATE holds SET booking_id = :booking WHERE id = :hold"
    ],
    "hold {id}: over, but still keeps places": [
        "UPDATE holds SET ended_at = created_at WHERE id = :hold"
    ],
    "hold {id}: keeps a new time for an appointment that needs none": [
        "UPDATE holds SET purpose = 'new_time', moves_id = :appointment WHERE id = :hold"
    ],
    "hold {id}: keeps places that are not its own": [
        "UPDATE holds SET slot_id = :next_slot WHERE id = :hold"
    ],
    "hold {id}: has lost places before it expired": ["DELETE FROM places WHERE hold_id = :hold"],
    "hold {id}: offered to a family that waits no longer": [
        "UPDATE holds SET entry_id = :entry WHERE id = :hold",
        "UPDATE waitlist_entries SET ended_at = created_at",
    ],
    "entry {id}: two offers at once": ["UPDATE holds SET entry_id = :entry"],
    "hold {id}: in a form of somebody who does not care for the child": [
        "UPDATE guardianships SET revoked_at = granted_at, revoked_by_id = user_id"
        " WHERE child_id = (SELECT child_id FROM holds WHERE id = :hold)"
    ],
    "entry {id}: nobody cares for all its children": [
        "UPDATE guardianships SET revoked_at = granted_at, revoked_by_id = user_id"
        " WHERE child_id = (SELECT child_id FROM waitlist_children WHERE entry_id = :entry)"
    ],
    "child {id}: no guardian at all": ["DELETE FROM guardianships WHERE child_id = :child"],
}


@pytest.fixture
def rows(both):
    """Ids of a small sound clinic: a full online share, two sessions at once, two holds elsewhere."""
    world = World(hours={"capacity": 2, "online_capacity": 1})
    rival = world.open(practitioner=world.colleague(), capacity=3)
    slot, after, *_ = world.session.slots
    appointment, _ = world.book(), world.book(session=rival)
    parents = [make_user() for _ in range(2)]
    holds = [
        make_hold(world.request(make_child(by), session=rival), by=by, now=NOON) for by in parents
    ]
    entry = save(
        WaitlistEntry(
            user_id=holds[0].user_id,
            service=world.service,
            weekdays=[0],
            parts=["morning"],
            first_day=TOMORROW,
            last_day=TOMORROW,
            created_at=NOON,
            children=[holds[0].child],
        )
    )
    return {
        "slot": slot.id,
        "next_slot": after.id,
        "session": slot.clinic_session_id,
        "appointment": appointment.id,
        "booking": appointment.booking_id,
        "child": appointment.child_id,
        "hold": holds[0].id,
        "entry": entry.id,
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
    assert broken_promises(now=NOON) == []

    damage(DAMAGE[promise], unprotected)

    subject = promise.split()[0]
    assert promise.format(id=unprotected[subject]) in broken_promises(now=NOON)


@pytest.mark.parametrize("fact", ["arrived", "done", "no_show", "cancelled", "displaced"])
def test_a_fact_that_nobody_recorded_is_found(unprotected, fact):
    damage(
        [
            f"UPDATE appointments SET {fact}_at = starts_at, {fact}_by_id = {SOMEBODY}"
            " WHERE id = :appointment"
        ],
        unprotected,
    )
    line = f"appointment {unprotected['appointment']}: what happened to it is not in the audit"
    assert line in broken_promises()


def test_a_hold_that_lost_its_place_to_a_change_of_hours_or_to_time_breaks_nothing(rows):
    session = db.session.get_one(Hold, rows["hold"]).slot.clinic_session
    change = kinds.withdrawal(session)
    version = applying.preview(change, now=NOON).version
    applying.apply(change, version, by=make_user(), now=NOON)
    db.session.commit()
    assert db.session.query(Place).filter_by(hold_id=rows["hold"]).all() == []
    assert broken_promises(now=NOON) == []


def test_what_was_shut_while_a_child_was_here_stays_open_for_it(rows):
    appointment = db.session.get_one(Appointment, rows["appointment"])
    now = appointment.starts_at - timedelta(hours=1)
    attendance.check_in(appointment, by=make_user(), now=now)
    change = Close(appointment.centre, appointment.starts_at, appointment.ends_at, "x", "x")
    applying.apply(change, applying.preview(change, now=now).version, by=make_user(), now=now)
    db.session.commit()
    assert db.session.get_one(Slot, rows["slot"]).closed_at is None
    assert broken_promises(now=now) == []


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
