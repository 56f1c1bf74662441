"""A colleague's second factor is reset on their page, by who may."""

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts import second_factor
from clinic.accounts.models import Membership, Role
from clinic.audit import AuditEvent
from clinic.db import db
from tests.makes import NOON, make_centre, make_user

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def centre(both):
    return make_centre()


@pytest.fixture
def colleague(centre):
    """Reception, with a second factor."""
    user = make_user(Role.RECEPTION, centre=centre)
    second_factor.begin(user, now=NOON)
    second_factor.of_user(user.id).confirmed_at = NOON
    db.session.commit()
    return user


def page_of(user, centre):
    return f"/staff/{centre.code}/people/{user.id}"


def test_a_manager_resets_it(both, centre, colleague):
    manager = make_user(Role.MANAGER, centre=centre)
    theirs = both.test_client().sign_in(colleague)
    client = both.test_client().sign_in(manager)
    client.page(page_of(colleague, centre)).press("重置登录第二步验证")
    assert not second_factor.is_on(colleague.id)
    assert theirs.get("/desk/").location.startswith("/sign-in?")
    event = db.session.query(AuditEvent).filter_by(action="second factor reset").one()
    assert (event.subject_id, event.actor_id) == (colleague.id, manager.id)
    assert "重置登录第二步验证" not in client.page(page_of(colleague, centre)).words


def test_it_asks_for_a_fresh_proof(both, centre, colleague):
    client = both.test_client().sign_in(make_user(Role.MANAGER, centre=centre))
    with time_machine.travel(NOON + timedelta(minutes=11), tick=False):
        answer = client.post(f"{page_of(colleague, centre)}/second-factor")
    assert answer.location.startswith("/sign-in/proof")
    assert second_factor.is_on(colleague.id)


def test_no_manager_resets_an_administrators_or_their_own(both, centre, colleague):
    colleague.memberships.append(Membership(role=Role.ADMIN))
    colleague.memberships.append(Membership(role=Role.MANAGER, centre_id=centre.id))
    db.session.commit()
    for user in (make_user(Role.MANAGER, centre=centre), colleague):
        client = both.test_client().sign_in(user)
        assert client.post(f"{page_of(colleague, centre)}/second-factor").status_code == 404
    assert second_factor.is_on(colleague.id)
    administrator = both.test_client().sign_in(make_user(Role.ADMIN))
    administrator.page(page_of(colleague, centre)).press("重置登录第二步验证")
    assert not second_factor.is_on(colleague.id)
