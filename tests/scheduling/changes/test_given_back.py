"""What was shut is opened again: who gets their old time back, and who does not."""

from datetime import time

import pytest

from clinic.centres.models import Closure, Leave
from clinic.clock import at
from clinic.db import db
from clinic.scheduling.appointments import new_times
from clinic.scheduling.changes import reopening
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.makes import (
    NOON,
    TOMORROW,
    make_appointment,
    make_practitioner,
    make_service,
    make_session,
)
from tests.scheduling.changes.clinic import Clinic

pytestmark = pytest.mark.usefixtures("both")


def test_reopening_gives_the_old_times_back_to_who_booked_first():
    clinic = Clinic()
    lost = [clinic.book(0), clinic.book(1)]
    clinic.do(clinic.close())
    new_times.offer_to(lost[0].id, now=NOON)
    closure = db.session.query(Closure).one()

    done = reopening.lift(closure, by=clinic.manager, now=NOON)
    db.session.commit()

    assert {appointment.id for appointment in done.restored} == {one.id for one in lost}
    assert [status_of(appointment) for appointment in lost] == [Status.BOOKED] * 2
    assert done.slots == 8
    assert clinic.session.withdrawn_at is None
    assert clinic.session.starts_at == at(TOMORROW, time(9))
    assert broken_promises() == []
    assert reopening.lift(closure, by=clinic.manager, now=NOON).slots == 0


def test_what_a_leave_shuts_too_stays_shut():
    clinic = Clinic()
    clinic.do(clinic.away(time(9), time(10)))
    clinic.do(clinic.close())
    closure = db.session.query(Closure).one()

    done = reopening.lift(closure, by=clinic.manager, now=NOON)
    db.session.commit()

    assert done.slots == 4
    assert {slot_time.starts_at for slot_time in clinic.free()} == {
        slot.starts_at for slot in clinic.session.slots[4:]
    }


def test_a_room_that_somebody_uses_by_now_stays_theirs():
    clinic = Clinic()
    lost = clinic.book(0)
    clinic.do(clinic.away())
    colleague = make_practitioner([clinic.service], centre=clinic.centre)
    make_session(colleague, clinic.room, [clinic.service])
    leave = db.session.query(Leave).one()

    done = reopening.lift(leave, by=clinic.manager, now=NOON)
    db.session.commit()

    assert (done.slots, done.restored) == (0, ())
    assert status_of(lost) is Status.DISPLACED
    assert broken_promises() == []


def test_a_family_that_made_other_plans_is_not_put_back():
    clinic = Clinic()
    lost = clinic.book(0)
    clinic.do(clinic.close())
    other = make_service()
    make_appointment(child=lost.child, service=other)  # at nine too, at another centre
    closure = db.session.query(Closure).one()

    done = reopening.lift(closure, by=clinic.manager, now=NOON)
    db.session.commit()

    assert done.restored == ()
    assert status_of(lost) is Status.DISPLACED
    assert broken_promises() == []
