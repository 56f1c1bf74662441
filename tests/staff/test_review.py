"""A manager looks through who may what, every half a year; what was shown is on the trail."""

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts.models import Role
from clinic.audit import AuditEvent
from clinic.db import db
from tests.makes import NOON, make_user
from tests.staff.test_people import Staffed

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def world(both):
    return Staffed()


@pytest.fixture
def manager(both, world):
    return both.test_client().sign_in(world.manager)


def test_a_review_is_due_until_it_was_done_and_after_half_a_year(world, manager):
    address = f"{world.address}/review"
    page = manager.page(address)
    assert "还没有核对过" in page.words
    assert "该核对了" in manager.page(world.address).words
    page = page.press("我已核对").follow()
    assert "上次核对" in page.words
    assert "该核对了" not in manager.page(world.address).words
    with time_machine.travel(NOON + timedelta(days=183), tick=False):
        assert "请核对名单" in manager.sign_in(world.manager).page(address).words


def test_what_was_looked_through_is_on_the_trail(world, manager):
    manager.page(f"{world.address}/review").press("我已核对")
    event = db.session.query(AuditEvent).filter_by(action="review staff").one()
    assert event.actor_id == world.manager.id
    assert [world.doctor.id, "Doctor"] in event.details["seen"]


def test_a_list_that_changed_meanwhile_is_looked_through_again(world, manager):
    page = manager.page(f"{world.address}/review")
    make_user(Role.RECEPTION, centre=world.centre)
    page = page.press("我已核对")
    assert page.status == 409
    assert db.session.query(AuditEvent).filter_by(action="review staff").count() == 0
    assert page.press("我已核对").status == 303
