"""A slot is shut while it has a closing, whichever and however many; the old word for it carries over."""

from datetime import time, timedelta

import pytest
from flask_migrate import downgrade, upgrade

from clinic.centres.models import Closure, Leave
from clinic.clock import at, day_bounds
from clinic.db import db
from clinic.scheduling.changes import applying, reopening
from clinic.scheduling.changes.kinds import Away, Close, withdrawal
from clinic.scheduling.models import ClosedFor, Slot
from clinic.scheduling.timetable.closings import SlotClosing
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, TOMORROW, make_practitioner, make_session
from tests.scheduling.changes.clinic import Clinic
from tests.scheduling.rota.rota_of import NEXT_MONDAY, Rota

pytestmark = pytest.mark.usefixtures("both")
TUESDAY, WEDNESDAY = NEXT_MONDAY + timedelta(days=1), NEXT_MONDAY + timedelta(days=2)


def do(change, by):
    version = applying.preview(change, now=NOON).version
    applying.apply(change, version, by=by, now=NOON)
    db.session.commit()


def closings():
    return sorted(
        (row.slot_id, row.reason, row.closure_id or row.leave_id or row.publication_id or 0)
        for row in db.session.query(SlotClosing)
    )


def shut_slots():
    return {slot.id for slot in db.session.query(Slot).filter(Slot.closed_at.is_not(None))}


def test_each_reason_goes_by_itself_and_the_last_opens_the_slot():
    clinic = Clinic()
    slot = clinic.session.slots[0].id
    clinic.do(clinic.close())
    clinic.do(clinic.close(closes=time(9, 15)))
    clinic.do(clinic.away())
    clinic.do(withdrawal(clinic.session))
    reasons = ["closure", "closure", "hand", "leave"]
    assert [reason for number, reason, _ in closings() if number == slot] == reasons

    first, second = db.session.query(Closure).order_by(Closure.id)
    for shut in (second, first, db.session.query(Leave).one()):
        assert reopening.lift(shut, by=clinic.manager, now=NOON).slots == 0
        db.session.commit()
        assert slot in shut_slots()
        assert broken_promises() == []
    assert reopening.reopen(clinic.session, by=clinic.manager, now=NOON).slots == 8
    db.session.commit()
    assert (closings(), shut_slots()) == ([], set())


def test_what_is_reopened_within_a_closure_opens_when_that_is_lifted():
    clinic = Clinic()
    clinic.do(clinic.close())
    clinic.do(withdrawal(clinic.session))

    assert reopening.reopen(clinic.session, by=clinic.manager, now=NOON).slots == 0
    assert reopening.lift(db.session.query(Closure).one(), by=clinic.manager, now=NOON).slots == 8


def test_a_slot_that_could_not_open_says_so_and_opens_once_the_room_is_free():
    clinic = Clinic()
    clinic.do(clinic.away())
    colleague = make_practitioner([clinic.service], centre=clinic.centre)
    other = make_session(colleague, clinic.room, [clinic.service])

    reopening.lift(db.session.query(Leave).one(), by=clinic.manager, now=NOON)
    db.session.commit()

    assert {reason for _, reason, _ in closings()} == {ClosedFor.BUSY}
    assert broken_promises() == []
    clinic.do(withdrawal(other))
    assert reopening.reopen(clinic.session, by=clinic.manager, now=NOON).slots == 8


def test_the_reasons_carry_over_from_the_column_and_back():
    made = Rota()
    by, tomorrow = made.manager, day_bounds(TOMORROW)
    made.change(opens=time(10))
    do(Close(made.centre, *day_bounds(TUESDAY), "检修", "Repairs"), by)
    made.publish()  # on Tuesday the old session has two reasons, the new one is made shut
    do(Away(made.practitioner, at(WEDNESDAY, time(10)), at(WEDNESDAY, time(10, 30))), by)
    do(withdrawal(made.sessions(NEXT_MONDAY + timedelta(days=7))[0]), by)
    do(Away(made.practitioner, *tomorrow), by)
    colleague = make_practitioner([made.service], centre=made.centre)
    make_session(colleague, made.room, [made.service])
    leave = db.session.query(Leave).filter_by(starts_at=tomorrow[0]).one()
    reopening.lift(leave, by=by, now=NOON)
    db.session.commit()
    before, shut = closings(), shut_slots()
    assert {reason for _, reason, _ in before} == {"closure", "leave", "rule", "hand", "busy"}
    db.session.rollback()

    downgrade(revision="0033")
    upgrade()

    db.session.expire_all()
    assert (closings(), shut_slots()) == (before, shut)
    assert broken_promises() == []
