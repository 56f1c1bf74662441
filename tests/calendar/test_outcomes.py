"""What a clinician said of a visit can be taken back; what is unlikely is asked about."""

from datetime import time, timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.models import Slot
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.verify import broken_promises
from clinic.visits import arriving
from clinic.visits.models import Ticket
from clinic.visits.rules import State
from tests.makes import NOON, make_appointment, make_user
from tests.vaccination.jab.at_the_jab import GOOD, ON_THE_DAY, Day
from tests.world import World

TODAY = clinic_day(NOON)


def booked_at(opens):
    """A visit of today with a clinician who has a sign-in."""
    world = World(hours={"day": TODAY, "opens": opens, "closes": time(17)})
    world.practitioner.user = world.staff(Role.CLINICIAN)
    return world.book(now=NOON - timedelta(days=1))


@pytest.fixture
def visit(both):
    with time_machine.travel(NOON, tick=False):
        yield booked_at(time(12))


@pytest.fixture
def page(both, visit):
    client = both.test_client().sign_in(visit.practitioner.user)
    return lambda: client.page(f"/calendar/appointments/{visit.id}")


def check_in(visit):
    desk = make_user(Role.RECEPTION, centre=visit.centre)
    ticket = arriving.check_in(visit, by=desk, now=NOON)
    db.session.commit()
    return ticket


def press(page, label, **typed):
    return page.form(action="/outcome").fill(**typed).submit(label)


def test_done_is_taken_back_with_its_ticket_and_the_note_stays(page, visit):
    check_in(visit)
    press(page(), "完成", note="一切正常")
    assert db.session.query(Ticket).one().state is State.DONE
    answer = press(page(), "撤销“完成”", note="还没看完").follow()
    assert "已撤销" in answer.text
    db.session.expire_all()
    assert (status_of(visit), visit.note) == (Status.ARRIVED, "还没看完")
    ticket = db.session.query(Ticket).one()
    assert (ticket.state, ticket.encounter.closed_at) == (State.WAITING, None)
    assert db.session.query(AuditEvent).filter_by(action="undo_finish").one().actor_id
    assert not broken_promises()
    assert press(answer, "完成", note="看完了").status == 303


def test_who_arrived_only_by_being_done_has_not_arrived_after_that(page, visit):
    press(page(), "完成")
    press(page(), "撤销“完成”")
    db.session.expire_all()
    assert (status_of(visit), visit.arrived_by_id) == (Status.BOOKED, None)


def test_did_not_come_is_taken_back_with_its_place(page, visit):
    press(page(), "未到")
    assert status_of(visit) is Status.NO_SHOW
    assert "完成" not in [node.text() for node in page().tree.css("main button")]
    press(page(), "撤销“未到”")
    db.session.expire_all()
    assert status_of(visit) is Status.BOOKED
    assert not broken_promises()


def test_a_place_that_another_child_has_meanwhile_is_not_taken_back(page, visit):
    press(page(), "未到")
    slot = db.session.get_one(Slot, visit.slot_id)
    make_appointment(service=visit.service, slot=slot, now=NOON - timedelta(days=1))
    answer = press(page(), "撤销“未到”", note="来了")
    assert answer.status == 422
    assert "请另约时间" in answer.words
    assert "来了" in answer.text
    db.session.expire_all()
    assert status_of(visit) is Status.NO_SHOW


def test_that_a_checked_in_child_did_not_come_is_asked(page, visit):
    check_in(visit)
    asked = press(page(), "未到", note="走了")
    assert asked.status == 422
    assert "已经签到" in asked.words
    assert status_of(visit) is Status.ARRIVED
    assert press(asked, "未到", left=True).status == 303
    db.session.expire_all()
    assert (status_of(visit), visit.note) == (Status.NO_SHOW, "走了")


def test_done_long_before_the_time_is_asked(both):
    with time_machine.travel(NOON, tick=False):
        visit = booked_at(time(16))
        client = both.test_client().sign_in(visit.practitioner.user)
        asked = press(client.page(f"/calendar/appointments/{visit.id}"), "完成")
        assert asked.status == 422
        assert "16:00" in asked.one("form[action$=outcome] [role=alert]").text()
        assert press(asked, "完成", early=True).status == 303


def test_what_a_dose_was_given_at_stays_done(both):
    day = Day()
    day.answer(now=ON_THE_DAY)
    day.practitioner.user = day.vaccinator
    db.session.commit()
    with time_machine.travel(ON_THE_DAY, tick=False):
        client = both.test_client().sign_in(day.vaccinator)
        address = f"/calendar/appointments/{day.visit.id}"
        assert client.post(day.page, data=GOOD).status_code == 303
        assert "撤销" not in client.page(address).one("form[action$=outcome]").text()
        db.session.expire_all()
        sent = {"outcome": "undo", "version": day.visit.version, "note": ""}
        refused = client.post(f"{address}/outcome", data=sent)
        assert refused.status_code == 422
        assert "不能改回未完成" in refused.text
        assert status_of(day.visit) is Status.DONE
