"""A closed record says why it is closed, and opens for an hour to who gives a reason."""

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts.models import Profession, Role
from clinic.audit import AuditEvent
from clinic.db import db
from clinic.need_to_know.models import RecordOpening
from tests.makes import NOON, TOMORROW, make_appointment, make_centre, make_child, make_user
from tests.queries import count_queries
from tests.world import World

VISIT = NOON + timedelta(days=1)
CLOSED = "这份档案未对您开放"


def after(**time):
    return time_machine.travel(VISIT + timedelta(**time), tick=False)


@pytest.fixture
def world(both):
    with time_machine.travel(NOON, tick=False):
        made = World("vaccination", hours={})
        made.visit = made.book(child=make_child(made.parent), by=made.parent)
        made.nurse = make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=made.centre)
        made.desk = make_user(Role.RECEPTION, centre=made.centre)
        made.page = f"/vaccination/visits/{made.visit.id}/record"
        yield made


def open_it(page, **typed):
    typed = {"why": "emergency"} | typed
    return page.form(holding="why").fill(**typed).submit()


@pytest.mark.parametrize(
    ("days", "status"), [(-15, 403), (-14, 200), (0, 200), (30, 200), (31, 403)]
)
def test_a_record_is_open_from_two_weeks_before_to_a_month_after(both, world, days, status):
    with after(days=days):
        page = both.test_client().sign_in(world.nurse).page(world.page, status=status)
        assert (CLOSED in page.words) is (status == 403)
        assert ("您因" in page.words) is (status == 200)
        assert (world.visit.child.name in page.words) is (status == 200)


def test_who_gives_a_reason_comes_in_for_an_hour_and_all_see_it(both, world):
    with after(days=40):
        nurse = both.test_client().sign_in(world.nurse)
        answer = open_it(nurse.page(world.page, status=403), why="other", text="家长带着旧证来核对")
        assert answer.location == world.page
        assert "因故打开" in answer.follow().words
        both.test_client().sign_in(world.desk).page(world.page, status=403)
        colleague = make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=world.centre)
        both.test_client().sign_in(colleague).page(world.page, status=403)
        manager = both.test_client().sign_in(world.manager).page("/record-openings")
        assert "家长带着旧证来核对" in manager.words
        family = both.test_client().sign_in(world.parent)
        child = world.visit.child_id
        assert "家长带着旧证来核对" in family.page(f"/family/children/{child}/openings").words
        (event,) = db.session.query(AuditEvent).filter_by(action="open record")
        assert (event.actor_id, event.centre_id) == (world.nurse.id, world.centre.id)
    with after(days=40, minutes=29):
        nurse.get("/vaccination/observation")  # somebody is there
    with after(days=40, minutes=58):
        both.test_client().sign_in(world.nurse).page(world.page)
    with after(days=40, minutes=60):
        both.test_client().sign_in(world.nurse).page(world.page, status=403)


def test_without_a_reason_it_stays_closed_and_what_was_typed_stands(both, world):
    with after(days=40):
        page = both.test_client().sign_in(world.nurse).page(world.page, status=403)
        answer = open_it(page, why="other", text="想看")
        assert answer.status == 422
        assert "至少6个字" in answer.errors["text"]
        assert answer.one("[name=text]").text() == "想看"
        assert db.session.query(RecordOpening).count() == 0


def test_to_strangers_a_closed_record_and_none_are_the_same(both, world):
    stranger = make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
    child, centre = world.visit.child_id, world.centre.code
    with after(days=40):
        client = both.test_client().sign_in(stranger)
        for page in (world.page, "/vaccination/visits/99999/record"):
            client.page(page, status=404)
        for number in (child, 99999):
            client.page(f"/centres/{centre}/records/{number}/opening", status=404)
        own = both.test_client().sign_in(world.nurse)
        own.page(f"/centres/{centre}/records/{child}/opening")
        own.page(f"/centres/{centre}/records/{make_child().id}/opening", status=404)


def test_the_desk_still_has_a_booking_of_next_month_and_no_old_one(both, world):
    page = f"/desk/appointments/{world.visit.id}"
    for days, status in ((-28, 200), (30, 200), (31, 403)):
        with after(days=days):
            both.test_client().sign_in(world.desk).page(page, status=status)


def test_the_visit_at_hand_is_reason_enough_without_asking(both, world):
    with after():
        client = both.test_client().sign_in(world.nurse)
        client.page(world.page)
        near = count_queries(lambda: client.get(world.page))
    with after(days=40):
        open_it(client.sign_in(world.nurse).page(world.page, status=403))
        far = count_queries(lambda: client.get(world.page))
    assert far - near == 2


def test_an_own_case_stays_open(both, world):
    world.practitioner.user = world.nurse
    db.session.commit()
    with after(days=400):
        both.test_client().sign_in(world.nurse).page(world.page)


def test_another_visit_of_the_child_near_opens_the_old_one(both, world):
    with after(days=40):
        day = TOMORROW + timedelta(days=41)
        slot = world.open(day).slots[0]
        child, later = world.visit.child, NOON + timedelta(days=40)
        make_appointment(child, world.service, slot, by=world.parent, now=later)
        both.test_client().sign_in(world.nurse).page(world.page)
