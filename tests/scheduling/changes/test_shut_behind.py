"""Who was here when the hours were shut kept a place: it shuts behind them."""

from datetime import time

import pytest

from clinic.db import db
from clinic.scheduling.day import attendance
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from tests.scheduling.changes.clinic import Clinic

pytestmark = pytest.mark.usefixtures("both")


def no_show(appointment, **kw):
    attendance.mark_no_show(appointment, note="", **kw)


@pytest.mark.parametrize(
    ("leaves", "standing"),
    [(attendance.undo_check_in, Status.DISPLACED), (no_show, Status.NO_SHOW)],
)
@pytest.mark.parametrize("change", ["closure", "leave"])
def test_nobody_comes_after_who_was_here_when_it_shut(change, leaves, standing):
    clinic = Clinic(capacity=3)
    gone, here = clinic.book(0), clinic.book(0)
    now = here.starts_at
    for one in (gone, here):
        attendance.check_in(one, by=clinic.manager, now=now)
    db.session.commit()
    clinic.do(clinic.close() if change == "closure" else clinic.away(), now=now)

    leaves(gone, by=clinic.manager, now=now)
    db.session.commit()

    slot = clinic.session.slots[0]
    assert (status_of(gone), slot.capacity, slot.taken) == (standing, 1, 1)
    assert broken_promises() == []

    leaves(here, by=clinic.manager, now=now)
    db.session.commit()

    db.session.refresh(slot)
    assert slot.closed_at is not None
    assert clinic.session.withdrawn_at is not None
    assert broken_promises() == []


def test_a_check_in_taken_back_while_it_is_open_keeps_its_time():
    clinic = Clinic()
    here = clinic.book(0)
    attendance.check_in(here, by=clinic.manager, now=here.starts_at)
    clinic.do(clinic.close(opens=time(10)), now=here.starts_at)

    attendance.undo_check_in(here, by=clinic.manager, now=here.starts_at)

    assert status_of(here) is Status.BOOKED
