"""What whoever answers the phone can do with one line."""

from datetime import time, timedelta

import pytest

from clinic.db import db
from clinic.scheduling.models import Appointment, Channel, ClinicSession, PauseLift, SlotService
from clinic.scheduling.references import spoken
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable.rota import add_rule
from clinic.scheduling.timetable.weekly import Weekly
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.waitlist.joining import join
from tests.cli.conftest import BY
from tests.makes import NOON, TOMORROW, make_appointment, make_child, make_slot, make_user

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def visit(centre):
    return db.session.query(Appointment).one()


def test_a_session_is_opened_and_listed_with_its_slots(run, centre, visit):
    code = visit.service.code
    args = ("open", visit.practitioner_id, visit.room_id, "2026-03-03", "14:00", "15:00", code)
    rest = ("--slot-minutes", 30, "--capacity", 2, "--online", 1, "--by", BY)

    done = run(*args, *rest, "--opens-at", "2026-03-02 18:00")

    made = db.session.query(ClinicSession).order_by(ClinicSession.id.desc()).first()
    assert done == (0, f"Session {made.id} is open.\n")
    assert [slot_service.opens_by_hand for slot_service in db.session.query(SlotService)][-2:] == [
        True,
        True,
    ]
    assert run(*args, *rest)[0] == 1  # the room is used
    lines = run("sessions", centre.code, "2026-03-03", "--slots")[1].splitlines()
    assert lines[0].startswith(f"session {visit.slot_id}: ")
    assert lines[1] == f"  slot {visit.slot_id}: 09:00, 1 of 1 taken"
    assert lines[-1] == f"  slot {made.slots[-1].id}: 14:30, 0 of 2 taken"


def test_rules_who_waits_and_policies_are_listed(run, centre, visit):
    weekly = Weekly((0, 2), time(14), time(15), 30, TOMORROW)
    services, parent = [visit.service], make_user()
    add_rule(visit.practitioner, visit.room, services, weekly, by=parent, now=NOON)
    join(
        parent,
        [make_child(parent, name="李小满")],
        visit.service,
        [centre],
        weekdays=range(7),
        parts=["morning"],
        first_day=TOMORROW,
        last_day=TOMORROW,
        now=NOON,
    )
    assert "rule 1: " in run("rules", centre.code)[1]
    assert "weekdays 13, 14:00 to 15:00" in run("rules", centre.code)[1]
    assert "李小满" in run("waitlist", "--centre", centre.code)[1]
    assert run("policy", "urgent=true", "--service", visit.service.code, "--by", BY)[0] == 0
    assert '"urgent": true' in run("policy", "--show", "--service", visit.service.code)[1]
    assert '"urgent": false' in run("policy", "--show")[1]
    assert run("policy", "urgent=true")[0] == 2


def test_booking_moving_and_cancelling_by_reference(run, centre, visit):
    child = make_child()
    slots = [slot.id for slot in db.session.get_one(ClinicSession, visit.slot_id).slots]

    code, booked = run("book", child.id, visit.service.code, slots[1], "--by", BY)
    assert code == 0
    reference = booked.split()[1]
    assert run("book", child.id, visit.service.code, 999, "--by", BY)[0] == 1
    assert run("move", reference, slots[0], "--by", BY)[0] == 1  # taken
    assert run("move", reference.lower(), slots[2], "--by", BY)[0] == 0
    assert run("cancel", "K7MR-4QXE", "--by", BY)[0] == 1
    assert run("cancel", reference, "--by", BY)[0] == 0

    one = db.session.query(Appointment).filter_by(child_id=child.id).one()
    assert (one.slot_id, one.booking.channel) == (slots[2], Channel.PHONE)
    assert status_of(one) is Status.CANCELLED
    assert broken_promises() == []


def test_a_child_that_did_not_come_and_a_pause_that_is_lifted(run, centre, visit):
    now = NOON - timedelta(hours=3)
    slot = make_slot(visit.service, day=NOON.date(), opens=time(9))
    missed = make_appointment(service=visit.service, slot=slot, now=now - timedelta(hours=2))

    reference = spoken(missed.booking.reference)
    assert run("no-show", spoken(visit.booking.reference), "--by", BY)[0] == 1  # not begun yet
    assert run("no-show", reference, "--by", BY)[0] == 0
    assert run("lift-pause", missed.child_id, "--by", BY)[0] == 0

    assert db.session.query(PauseLift).one().child_id == missed.child_id
    assert status_of(db.session.get_one(Appointment, missed.id)) is Status.NO_SHOW
