"""What does harm in other hands asks again who one is, and gives back what was typed."""

from datetime import timedelta

import pyotp
import pytest
import time_machine

from clinic.accounts import second_factor
from clinic.accounts.models import Role
from clinic.accounts.passwords import hash_password, is_password
from tests.accounts.test_second_factor import PASSWORD, make_armed, make_staff
from tests.makes import NOON, make_user

pytestmark = pytest.mark.usefixtures("noon")


def later(**span):
    return time_machine.travel(NOON + timedelta(**span), tick=False)


@pytest.mark.parametrize(("minutes", "is_fresh"), [(9, True), (11, False)])
def test_a_proof_is_fresh_for_ten_minutes(client, minutes, is_fresh):
    client.sign_in(make_user(password_hash=hash_password(PASSWORD)))
    with later(minutes=minutes):
        where = client.get("/password").location
        assert where is None if is_fresh else where == "/sign-in/proof?next=/password"


def test_who_proves_it_comes_back(both):
    client = both.test_client().sign_in(make_user(password_hash=hash_password(PASSWORD)))
    with later(minutes=11):
        page = client.page("/sign-in/proof?next=/password")
        wrong = page.form(holding="password").fill(password="wrong").submit()
        assert (wrong.status, list(wrong.errors)) == (422, ["password"])
        assert client.get("/password").status_code == 303
        right = wrong.form(holding="password").fill(password=PASSWORD).submit()
        assert right.location == "/password"
        assert client.get("/password").status_code == 200


def test_who_has_a_second_factor_gives_it_too(both):
    user, _codes = make_armed()
    client = both.test_client().sign_in(user)
    with later(minutes=11):
        page = client.page("/sign-in/proof?next=/second-factor")
        half = page.form(holding="second").fill(password=PASSWORD, second="").submit()
        assert list(half.errors) == ["second"]
        code = pyotp.TOTP(second_factor.of_user(user.id).secret).at(NOON + timedelta(minutes=11))
        done = half.form(holding="second").fill(password=PASSWORD, second=code).submit()
        assert done.location == "/second-factor"


def test_coming_back_after_half_an_hour_is_no_whole_proof(both):
    """The password alone shows names again, and changes nothing that does harm."""
    user, _codes = make_armed()
    client = both.test_client().sign_in(user)
    client.pressed_at = None
    with later(minutes=31):
        page = client.page("/sign-in/again")
        assert "second" not in page.form(holding="password").names
        assert page.form(holding="password").fill(password=PASSWORD).submit().status == 303
        assert client.get("/password").location.startswith("/sign-in/proof")


def test_a_form_that_was_open_too_long_changes_nothing_and_comes_back(client):
    user = make_staff(Role.RECEPTION)
    form = client.sign_in(user).page("/password").form(holding="new_password")
    with later(minutes=11):
        answer = form.fill(password=PASSWORD, new_password="three green frogs").submit(
            headers={"Referer": "http://localhost/password"}
        )
    assert answer.location == "/sign-in/proof?next=/password"
    assert is_password(user.password_hash, PASSWORD)


@pytest.mark.parametrize(
    "path", ["/password", "/second-factor/off", "/second-factor/recovery-codes"]
)
def test_what_must_ask_asks(app, client, path):
    client.sign_in(make_staff())
    with later(minutes=11):
        assert client.post(path).location.startswith("/sign-in/proof")
