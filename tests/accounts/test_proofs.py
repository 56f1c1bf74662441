"""Who has proved a phone signs up or in by it once, and soon."""

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts import joining
from clinic.accounts.models import User
from clinic.accounts.passwords import is_password
from clinic.accounts.tries import Asker
from clinic.db import db
from tests.accounts.test_sign_in import FINISH, ask, code, enter
from tests.makes import NOON, make_user

STRANGER = Asker(None, "")
pytestmark = pytest.mark.usefixtures("noon")


def prove(client, contact="138 0013 8000"):
    """Ask for a code and enter it; where that leads."""
    ask(client, contact)
    return enter(client, code()).location


def copy_of(client, app):
    """Another browser with the same cookie."""
    other = app.test_client()
    with client.session_transaction() as session, other.session_transaction() as copied:
        copied.update(session)
    return other


def join(client, **given):
    """Send the last page's form, also where the page would not open (any more)."""
    boxes = {"privacy": "y", "children_under_14": "y"}
    return client.post("/family/join", data=FINISH | boxes | given)


def test_a_proof_that_was_copied_opens_nothing_after_joining(client, app):
    prove(client)
    thief = copy_of(client, app)
    join(client, password="first-password")
    assert thief.get("/family/join").location == "/sign-up"
    prove(thief, "139 0000 0000")  # so that it is asked for its own
    thief = copy_of(client, app)
    join(thief, name="别人", password="other-password")
    user = db.session.query(User).filter_by(phone="+8613800138000").one()
    assert user.name == FINISH["name"]
    assert is_password(user.password_hash, "first-password")


def test_a_spent_proof_signs_nobody_in(client, app):
    prove(client)
    thief = copy_of(client, app)
    join(client)
    assert join(thief, name="别人").location == "/sign-up"
    assert thief.get("/family").location.startswith("/sign-in")
    assert "验证码已使用或已过期" in thief.get("/sign-up").text


@pytest.mark.parametrize(("minutes", "is_good"), [(14, True), (16, False)])
def test_a_proof_is_good_for_a_quarter_of_an_hour(client, minutes, is_good):
    prove(client)
    with time_machine.travel(NOON + timedelta(minutes=minutes), tick=False):
        assert (client.get("/family/join").status_code == 200) is is_good
        assert (join(client).location == "/") is is_good


def test_a_proof_of_an_account_that_was_claimed_meanwhile_just_signs_in(client, app):
    """Two phones of one family: each asked for a code, one was quicker."""
    other = app.test_client()
    prove(client)
    with time_machine.travel(NOON + timedelta(minutes=2), tick=False):
        prove(other)
        join(client, password="first-password")
        assert other.get("/family/join").location == "/sign-in"
        assert join(other, name="别人", password="other-password").location == "/"
        assert other.get("/family").status_code == 200
    user = db.session.query(User).filter_by(phone="+8613800138000").one()
    assert user.name == FINISH["name"]
    assert is_password(user.password_hash, "first-password")


def test_an_account_that_is_claimed_is_never_asked_for_a_name_and_password(client):
    user = make_user(phone="+8613800138000", claimed_at=NOON)
    assert prove(client) == "/"
    assert client.get("/family/join").location == "/sign-up"
    assert user.password_hash is None


def test_a_proof_may_be_spent_once(both, noon):
    from clinic.accounts import codes

    codes.send_code("+8613800138000", asker=STRANGER, now=noon)
    db.session.commit()
    proof = codes.use_code("+8613800138000", code(), asker=STRANGER, now=noon)
    assert codes.spend_proof(proof, now=noon) == "+8613800138000"
    assert codes.spend_proof(proof, now=noon) is None
    with pytest.raises(joining.ProofGone):
        joining.join(proof, name="别人", password=None, now=noon)
