"""The wrong child was checked in, and it is noticed later."""

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.db import db
from clinic.scheduling.day import attendance
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.visits import line
from clinic.visits.models import Ticket
from clinic.visits.rules import State
from tests.makes import NOON, make_user

MINUTE = timedelta(minutes=1)
pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def app(both):
    return both


@pytest.fixture
def here(desk, visit):
    """Checked in at noon."""
    desk.page("/desk/").form(action="/arrival").submit()
    return visit


def ticket():
    db.session.expire_all()
    return db.session.query(Ticket).one()


def called(visit):
    by = make_user(Role.CLINICIAN, centre=visit.centre)
    line.call_next(visit.centre_id, "doctor", visit.room, by=by, now=NOON + MINUTE)
    db.session.commit()


def in_an_hour():
    return time_machine.travel(NOON + 60 * MINUTE, tick=False)


def standing(visit):
    db.session.expire_all()
    return status_of(db.session.get_one(Appointment, visit.id))


@pytest.mark.parametrize("is_called", [False, True])
def test_a_check_in_is_taken_back_for_a_reason_also_when_called(desk, here, is_called):
    if is_called:
        called(here)
    with in_an_hour():
        page = desk.page("/desk/").click("签错了？")
        answer = page.form().fill(reason="child").submit()
        shown = answer.follow()
        assert "已撤销 王一禾 的签到。" in shown.words
        assert standing(here) is Status.BOOKED
        assert ticket().state is State.VOID
        record = desk.page(f"/desk/appointments/{here.id}")
        assert any(
            "撤销签到：签错了孩子 · 前台" in row
            for row in record.rows("section[aria-labelledby=history] li")
        )
        shown.form(action="/arrival").submit()  # and may come all the same
        assert standing(here) is Status.ARRIVED
    trail = db.session.query(AuditEvent).filter_by(action="undo_check_in").one()
    assert trail.details["reason"] == "child"


def test_a_reason_must_be_chosen(desk, here):
    with in_an_hour():
        page = desk.page(f"/desk/appointments/{here.id}/arrival/correction").form().submit()
        assert page.status == 422
        assert page.errors == {"reason": "请选择一项。"}
        assert standing(here) is Status.ARRIVED


def test_without_a_reason_who_is_called_is_not_taken_back_and_the_row_says_so(desk, here):
    page = desk.page("/desk/")
    called(here)
    answer = page.form(action="/arrival/undo").submit()
    assert answer.status == 422
    row = answer.one(f"#visit-{here.id}")
    assert "A001 号已经叫过，撤销须说明原因。" in row.text()
    assert answer.link("签错了？")
    assert standing(here) is Status.ARRIVED


def test_a_finished_visit_is_not_taken_back_here(desk, here):
    by = make_user()
    attendance.finish(here, by=by, now=NOON + MINUTE, note="")
    db.session.commit()
    page = desk.page(f"/desk/appointments/{here.id}/arrival/correction")
    assert not page.main.css("form.form")
    address = f"/desk/appointments/{here.id}/arrival/correction"
    assert desk.post(address, data={"reason": "child"}).status_code == 422
    assert standing(here) is Status.DONE
