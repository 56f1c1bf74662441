"""Whatever people do, in whatever order: every promise is kept after each step."""

from datetime import timedelta
from itertools import count

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling import attendance, booking, holding
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.queries import slots_for
from clinic.scheduling.verify import broken_promises
from clinic.scheduling.wanted import Wanted
from tests.makes import NOON, make_child, make_service, make_slot, make_user

STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "book", "move", "cancel", "check_in", "undo", "finish", "absent"]),
        st.integers(0, 2),  # which child, and which of their appointments
        st.integers(0, 5),  # which slot
        st.integers(0, 26 * 60),  # minutes since noon; tomorrow's session is among them
    ),
    max_size=12,
)
_keys = count(1)


@pytest.mark.usefixtures("both")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_every_promise_is_kept(steps):
    service = make_service()
    slots = make_slot(service, capacity=2, online_capacity=1).clinic_session.slots[:6]
    parent = make_user()
    children = [make_child(parent) for _ in range(3)]
    for what, who, which, minutes in sorted(steps, key=lambda step: step[3]):
        now = NOON + timedelta(minutes=minutes)
        try:
            step(what, children[who], service, slots[which], parent, now)
            db.session.commit()
        except DomainError:
            db.session.rollback()
        assert broken_promises() == []
        db.session.commit()


def step(what, child, service, slot, by, now):
    wanted = Wanted(child, service, slots_for(service, slot.id))
    if what == "hold":
        holding.hold(wanted, by=by, now=now)
    if what == "book":
        channel = Channel.ONLINE if slot.id % 2 else Channel.DESK
        booking.book([wanted], by=by, key=f"any:{next(_keys)}", channel=channel, now=now)
    last = db.session.query(Appointment).filter_by(child_id=child.id)
    appointment = last.order_by(Appointment.id.desc()).first()
    if appointment is None:
        return
    if what == "move":
        booking.move(appointment, wanted, by=by, online=False, now=now)
    if what == "cancel":
        booking.cancel(appointment, by=by, online=False, now=now)
    if what == "check_in":
        attendance.check_in(appointment, by=by, now=now)
    if what == "undo":
        attendance.undo_check_in(appointment, by=by, now=now)
    if what == "finish":
        attendance.finish(appointment, by=by, now=now, note="")
    if what == "absent":
        attendance.mark_no_show(appointment, by=by, now=now, note="")
