"""What the database refuses even to whoever goes past our code, on both engines."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import User
from clinic.db import broken_promise, db
from clinic.scheduling.models import ClosedFor, Hold
from clinic.scheduling.timetable.closings import SlotClosing
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_child, make_room, make_user, save
from tests.world import World

pytestmark = pytest.mark.usefixtures("both")


def make_hold(child, service, slot):
    """A hold that has no places yet."""
    return save(
        Hold(
            user_id=child.guardianships[0].user_id,
            child=child,
            service=service,
            slot=slot,
            created_at=NOON,
            expires_at=NOON.replace(hour=5),
        )
    )


@pytest.fixture
def rows(both):
    """Ids: a slot with two places (one online) of which one is taken, its neighbours, and a rival time.

    `spare_room` and `spare_practitioner` are free; the two holds have no places.
    """
    world = World(hours={"capacity": 2, "online_capacity": 1})
    rival = world.open(practitioner=world.colleague())
    slot, after, closed, *_ = world.session.slots
    appointment, other = world.book(), world.book(session=rival)
    for _ in range(2):
        make_hold(make_child(), world.service, slot)
    db.session.add(SlotClosing(slot_id=closed.id, reason=ClosedFor.HAND, made_at=NOON))
    db.session.commit()
    return {
        "closed_slot": closed.id,
        "slot": slot.id,
        "next_slot": after.id,
        "session": slot.clinic_session_id,
        "rival_session": rival.id,
        "appointment": appointment.id,
        "other": other.id,
        "spare_room": make_room(world.centre).id,
        "spare_practitioner": world.colleague().id,
        "user": make_user().id,
    }


def run(statement, rows):
    """Send one statement with the ids that it names, and commit."""
    clause = text(statement)
    db.session.execute(clause, {name: rows[name] for name in clause._bindparams})
    db.session.commit()


def refused(statement, rows):
    """The name of the promise for which the database refuses the statement."""
    with pytest.raises(IntegrityError) as error:
        run(statement, rows)
    db.session.rollback()
    return broken_promise(error.value)


A_PLACE = """
    INSERT INTO places (slot_id, hold_id, online, expires_at)
    SELECT :slot, id, {online}, expires_at FROM holds WHERE {which}"""
FIRST_HOLD = "id = (SELECT min(id) FROM holds)"
A_SESSION = """
    INSERT INTO clinic_sessions
        (centre_id, practitioner_id, room_id, starts_at, ends_at, created_at,
         withdrawn_at, withdrawn_by_id)
    SELECT centre_id, {practitioner}, {room}, {starts}, {ends}, created_at, {withdrawn}
    FROM clinic_sessions WHERE id = :session"""
SAME_TIME = {"starts": "starts_at", "ends": "ends_at", "withdrawn": "NULL, NULL"}
PRACTITIONER_AGAIN = {"practitioner": "practitioner_id", "room": ":spare_room"}
ROOM_AGAIN = {"practitioner": ":spare_practitioner", "room": "room_id"}
WITHIN = {"starts": "(SELECT starts_at FROM slots WHERE id = :next_slot)"}
A_VISIT = """
    INSERT INTO appointments
        (booking_id, child_id, service_id, centre_id, practitioner_id, room_id, slot_id,
         slot_count, starts_at, ends_at, reason, note, cancel_reason, version,
         cancelled_at, cancelled_by_id, no_show_at, no_show_by_id)
    SELECT booking_id, child_id, service_id, centre_id, practitioner_id, room_id, slot_id,
        slot_count, {time}, '', '', '', 1, {ending}
    FROM appointments WHERE id = :appointment"""
AFTERWARDS = (
    "(SELECT starts_at FROM slots WHERE id = :next_slot),"
    " (SELECT ends_at FROM slots WHERE id = :next_slot)"
)
LIVE = "NULL, NULL, NULL, NULL"

REFUSED = {
    "one place more than there are": (
        A_PLACE.format(online="false", which="true"),
        "ck_slots_taken_within_capacity",
    ),
    "one place online more than the share": (
        A_PLACE.format(online="true", which=FIRST_HOLD),
        "ck_slots_online_within_share",
    ),
    "a share below what is taken online": (
        "UPDATE slots SET online_capacity = 0 WHERE id = :slot",
        "ck_slots_online_within_share",
    ),
    "a count above the capacity": (
        "UPDATE slots SET taken = 3 WHERE id = :slot",
        "ck_slots_taken_within_capacity",
    ),
    "a slot without any place": (
        "UPDATE slots SET capacity = 0, online_capacity = 0 WHERE id = :next_slot",
        "ck_slots_capacity",
    ),
    "a place of nobody": (
        "INSERT INTO places (slot_id, online) VALUES (:next_slot, false)",
        "ck_places_expires",
    ),
    "a hold's place that never expires": (
        "INSERT INTO places (slot_id, hold_id, online)"
        " SELECT :next_slot, min(id), false FROM holds",
        "ck_places_expires",
    ),
    "a place of two owners": (
        "INSERT INTO places (slot_id, hold_id, appointment_id, online)"
        " SELECT :next_slot, min(id), :appointment, false FROM holds",
        "ck_places_one_owner",
    ),
    "a slot closed over somebody's head": (
        "INSERT INTO slot_closings (slot_id, reason, made_at)"
        " SELECT id, 'hand', starts_at FROM slots WHERE id = :slot",
        "ck_slots_closed_is_empty",
    ),
    "a closure that shuts a slot and has no row": (
        "INSERT INTO slot_closings (slot_id, reason, made_at)"
        " SELECT id, 'closure', starts_at FROM slots WHERE id = :next_slot",
        "ck_slot_closings_closure",
    ),
    "a closing that changes its reason": (
        "UPDATE slot_closings SET reason = 'day' WHERE slot_id = :closed_slot",
        "slot_closings_stay",
    ),
    "a slot closed twice for one reason": (
        "INSERT INTO slot_closings (slot_id, reason, made_at)"
        " SELECT slot_id, reason, made_at FROM slot_closings WHERE slot_id = :closed_slot",
        "uq_slot_closings_reason",
    ),
    "a place in a closed slot": (
        """INSERT INTO places (slot_id, hold_id, online, expires_at)
        SELECT :closed_slot, id, false, expires_at FROM holds WHERE id = (SELECT min(id) FROM holds)""",
        "ck_slots_closed_is_empty",
    ),
    "a place that changes its slot": (
        "UPDATE places SET slot_id = :next_slot WHERE slot_id = :slot",
        "places_stay",
    ),
    "a place that is no longer online": (
        "UPDATE places SET online = false WHERE slot_id = :slot",
        "places_stay",
    ),
    "a practitioner in a second session": (
        A_SESSION.format(**SAME_TIME | PRACTITIONER_AGAIN),
        "ex_clinic_sessions_practitioner",
    ),
    "a practitioner in a second session within the first": (
        A_SESSION.format(**SAME_TIME | PRACTITIONER_AGAIN | WITHIN),
        "ex_clinic_sessions_practitioner",
    ),
    "a practitioner taking over a session at the same time": (
        "UPDATE clinic_sessions SET practitioner_id ="
        " (SELECT practitioner_id FROM clinic_sessions WHERE id = :session)"
        " WHERE id = :rival_session",
        "ex_clinic_sessions_practitioner",
    ),
    "a room used twice": (
        A_SESSION.format(**SAME_TIME | ROOM_AGAIN),
        "ex_clinic_sessions_room",
    ),
    "a session that moves into a used room": (
        "UPDATE clinic_sessions SET room_id ="
        " (SELECT room_id FROM clinic_sessions WHERE id = :session) WHERE id = :rival_session",
        "ex_clinic_sessions_room",
    ),
    "a child in two places": (
        A_VISIT.format(time="starts_at, ends_at", ending=LIVE),
        "ex_appointments_child",
    ),
    "an appointment that becomes that of a busy child": (
        "UPDATE appointments SET child_id ="
        " (SELECT child_id FROM appointments WHERE id = :appointment) WHERE id = :other",
        "ex_appointments_child",
    ),
    "changing what was written down": (
        "UPDATE audit_events SET action = 'x'",
        "audit_events_append_only",
    ),
    "deleting what was written down": ("DELETE FROM audit_events", "audit_events_append_only"),
    "changing what was agreed to": ("UPDATE consents SET given = false", "consents_append_only"),
    "deleting what was agreed to": ("DELETE FROM consents", "consents_append_only"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_the_database_refuses(rows, what):
    statement, promise = REFUSED[what]

    assert promise in refused(statement, rows)
    assert broken_promises() == []


ALLOWED = {
    "the last place": A_PLACE.format(online="false", which=FIRST_HOLD),
    "a withdrawn session at the same time": A_SESSION.format(
        **SAME_TIME | PRACTITIONER_AGAIN | {"room": "room_id", "withdrawn": "starts_at, :user"}
    ),
    "a cancelled appointment of the child at the same time": A_VISIT.format(
        time="starts_at, ends_at", ending="starts_at, :user, NULL, NULL"
    ),
    "a missed appointment of the child at the same time": A_VISIT.format(
        time="starts_at, ends_at", ending="NULL, NULL, ends_at, :user"
    ),
    "an appointment of the child right after it": A_VISIT.format(time=AFTERWARDS, ending=LIVE),
}


@pytest.mark.parametrize("what", ALLOWED)
def test_the_database_allows(rows, what):
    run(ALLOWED[what], rows)


@pytest.mark.parametrize(
    ("ended", "back"),
    [
        ("cancelled", "UPDATE appointments SET cancelled_at = NULL, cancelled_by_id = NULL"),
        ("missed", "UPDATE appointments SET no_show_at = NULL, no_show_by_id = NULL"),
    ],
)
def test_an_ended_appointment_comes_back_only_where_the_child_is_free(rows, ended, back):
    run(ALLOWED[f"a {ended} appointment of the child at the same time"], rows)

    assert "ex_appointments_child" in refused(back, rows)


def test_a_withdrawn_session_comes_back_only_where_there_is_room(rows):
    run(ALLOWED["a withdrawn session at the same time"], rows)

    back = "UPDATE clinic_sessions SET withdrawn_at = NULL, withdrawn_by_id = NULL"
    assert "ex_clinic_sessions_" in refused(back, rows)


def count(rows):
    """What the database counts in the slot: taken, online, and whether a hold will free it."""
    query = text("SELECT taken, online_taken, frees_at FROM slots WHERE id = :slot")
    taken, online, frees_at = db.session.execute(query, {"slot": rows["slot"]}).one()
    return taken, online, frees_at is not None


def test_places_are_counted_as_they_come_change_and_go(rows):
    run("UPDATE slots SET capacity = 3, online_capacity = 3 WHERE id = :slot", rows)
    assert count(rows) == (1, 1, False)

    run(A_PLACE.format(online="true", which=FIRST_HOLD), rows)
    run(A_PLACE.format(online="false", which=f"NOT {FIRST_HOLD}"), rows)
    assert count(rows) == (3, 2, True)

    run(
        "UPDATE places SET hold_id = NULL, expires_at = NULL, appointment_id = :other"
        " WHERE hold_id IS NOT NULL AND online",
        rows,
    )
    assert count(rows) == (3, 2, True)

    run("DELETE FROM places WHERE hold_id IS NOT NULL", rows)
    assert count(rows) == (2, 2, False)

    run("DELETE FROM places WHERE slot_id = :slot", rows)
    assert count(rows) == (0, 0, False)


def test_two_holds_free_the_slot_when_the_earlier_expires(rows):
    run("UPDATE slots SET capacity = 3 WHERE id = :slot", rows)
    run("UPDATE holds SET expires_at = created_at WHERE id = (SELECT max(id) FROM holds)", rows)
    run(A_PLACE.format(online="false", which="true"), rows)
    earliest = text(
        "SELECT s.frees_at = (SELECT min(h.expires_at) FROM holds h) FROM slots s WHERE s.id = :id"
    )
    assert db.session.scalar(earliest, {"id": rows["slot"]})

    run("DELETE FROM places WHERE hold_id = (SELECT max(id) FROM holds)", rows)

    latest = text(
        "SELECT s.frees_at = (SELECT max(h.expires_at) FROM holds h) FROM slots s WHERE s.id = :id"
    )
    assert db.session.scalar(latest, {"id": rows["slot"]})


def test_moments_come_back_as_they_went():
    user = make_user(created_at=NOON)
    db.session.expire_all()
    assert db.session.get(User, user.id).created_at == NOON
