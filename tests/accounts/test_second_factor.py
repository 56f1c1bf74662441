"""The second step of signing in: set up, given once each half minute, recovered, reset, required."""

from datetime import date, timedelta

import pyotp
import pytest
import time_machine

from clinic import clock
from clinic.accounts import second_factor
from clinic.accounts.models import Role, SecondFactor, SignIn
from clinic.accounts.passwords import hash_password
from clinic.accounts.tries import Asker
from clinic.audit import AuditEvent
from clinic.db import db
from clinic.sealing import CannotBeRead
from tests.makes import NOON, make_centre, make_user

pytestmark = pytest.mark.usefixtures("noon")
PASSWORD = "long-enough"
HERE = Asker(None, "192.0.2.1")
STEP = timedelta(seconds=second_factor.STEP)


def code_of(user, at=NOON):
    """What the user's phone shows at that moment."""
    return pyotp.TOTP(second_factor.of_user(user.id).secret).at(at)


def make_staff(role=Role.RECEPTION):
    return make_user(role, centre=make_centre(), password_hash=hash_password(PASSWORD))


def make_armed(role=Role.RECEPTION):
    """A member of the staff with a second factor, whose first code was used long ago; recovery codes."""
    user = make_staff(role)
    second_factor.begin(user, now=NOON - timedelta(days=1))
    with time_machine.travel(NOON - timedelta(days=1), tick=False):
        at = clock.now()
        codes = second_factor.confirm(user, code_of(user, at), asker=HERE, now=at)
    db.session.commit()
    return user, codes


def first_step(app, user):
    """The page on which a browser that gave the password lands, and the browser."""
    client = app.test_client()
    form = client.page("/sign-in/password").form(holding="password")
    return form.fill(contact=user.phone, password=PASSWORD).submit().follow(), client


def test_it_is_set_up_by_its_first_code(both):
    user = make_staff()
    client = both.test_client().sign_in(user)
    page = client.page("/second-factor").press("开始设置").follow()
    assert page.one("svg.qr")
    shown = "".join(page.one(".strong.num").text().split())
    wrong = page.form(holding="second").fill(second="000000").submit()
    assert (wrong.status, list(wrong.errors)) == (422, ["second"])
    done = wrong.form(holding="second").fill(second=pyotp.TOTP(shown).at(NOON)).submit()
    assert len(done.rows("ol li")) == second_factor.RECOVERY_CODES
    assert second_factor.is_on(user.id)
    assert db.session.query(SignIn).one().has_second
    kept = db.session.query(SecondFactor).one()
    assert shown not in str(vars(kept))  # sealed
    assert not client.page("/second-factor").rows("svg.qr")


def test_signing_in_takes_two_steps(both):
    user, _codes = make_armed()
    page, client = first_step(both, user)
    assert page.address == "/sign-in/second"
    assert client.get("/desk/").location.startswith("/sign-in?")
    assert page.form(holding="second").fill(second=code_of(user)).submit().location == "/desk/"
    assert client.get("/desk/").status_code == 200


# Steps from the one of now → whether its code is taken.
DRIFT = {-2: False, -1: True, 0: True, 1: True, 2: False}


@pytest.mark.parametrize("steps", DRIFT)
def test_a_clock_may_be_half_a_minute_wrong(app, steps):
    user, _codes = make_armed()
    page, _client = first_step(app, user)
    answer = page.form(holding="second").fill(second=code_of(user, NOON + steps * STEP)).submit()
    assert (answer.status == 303) is DRIFT[steps]


def test_a_code_is_taken_once_and_none_before_it(both):
    user, _codes = make_armed()
    earlier, now = code_of(user, NOON - STEP), code_of(user)
    page, _client = first_step(both, user)
    assert page.form(holding="second").fill(second=now).submit().status == 303
    for seen in (now, earlier):
        page, _client = first_step(both, user)
        assert page.form(holding="second").fill(second=seen).submit().status == 422


def test_a_recovery_code_works_once(both):
    user, codes = make_armed()
    for typed, status in (
        (codes[3].upper().replace("-", " "), 303),
        (codes[3], 422),
        (codes[4], 303),
    ):
        page, _client = first_step(both, user)
        assert page.form(holding="second").fill(second=typed).submit().status == status
    assert second_factor.recovery_codes_left(user.id) == second_factor.RECOVERY_CODES - 2
    new = second_factor.make_recovery_codes(user, now=NOON)
    db.session.commit()
    for typed, status in ((codes[5], 422), (new[0], 303)):
        page, _client = first_step(both, user)
        assert page.form(holding="second").fill(second=typed).submit().status == status


def test_codes_cannot_be_guessed(app):
    user, _codes = make_armed()
    page, _client = first_step(app, user)
    for _ in range(5):
        page = page.form(holding="second").fill(second="000000").submit()
        assert "动态码不正确" in page.words
    page = page.form(holding="second").fill(second=code_of(user)).submit()
    assert page.status == 422
    assert "操作太频繁" in page.words


def test_what_was_proved_before_everything_ended_is_void(app):
    user, _codes = make_armed()
    page, _client = first_step(app, user)
    app.test_client().sign_in(user).post("/sign-out/everywhere")
    answer = page.form(holding="second").fill(second=code_of(user)).submit()
    assert answer.location == "/sign-in/password"


@pytest.mark.parametrize(("minutes", "is_good"), [(9, True), (11, False)])
def test_the_phone_is_found_within_ten_minutes(app, minutes, is_good):
    user, _codes = make_armed()
    page, _client = first_step(app, user)
    with time_machine.travel(later := NOON + timedelta(minutes=minutes), tick=False):
        answer = page.form(holding="second").fill(second=code_of(user, later)).submit()
    assert (answer.location == "/desk/") is is_good


def test_without_the_first_step_there_is_no_second(client):
    make_armed()
    assert client.get("/sign-in/second").location == "/sign-in/password"


def test_a_manager_who_saw_the_person_takes_it_off(both):
    user, _codes = make_armed()
    manager = make_staff(Role.MANAGER)
    client = both.test_client().sign_in(user)
    second_factor.remove(user, by=manager, now=NOON)
    db.session.commit()
    assert client.get("/desk/").location.startswith("/sign-in?")
    told = db.session.query(AuditEvent).filter_by(action="second factor reset").one()
    assert (told.subject_id, told.actor_id) == (user.id, manager.id)
    page, _client = first_step(both, user)
    assert page.address == "/desk/"


BEFORE, FROM, AFTER = date(2026, 3, 1), date(2026, 3, 2), date(2026, 3, 3)
# Role, the day from which it is required (it is 2 March) → whether whoever has it is led there.
REQUIRED = {
    (Role.MANAGER, None): True,
    (Role.ADMIN, None): True,
    (Role.RECEPTION, None): False,
    (Role.CLINICIAN, None): False,
    (Role.PARENT, BEFORE): False,
    (Role.RECEPTION, BEFORE): True,
    (Role.CLINICIAN, FROM): True,
    (Role.RECEPTION, AFTER): False,
}


@pytest.mark.parametrize(("role", "since"), REQUIRED)
def test_who_must_have_it_sets_it_up_before_anything_else(app, client, role, since):
    app.config.update(DEMO=False, SECOND_FACTOR_FROM=since)
    user = make_user(role, centre=make_centre(), password_hash=hash_password(PASSWORD))
    client.sign_in(user)
    is_led = REQUIRED[role, since]
    path = "/who-may-do-what" if role is not Role.PARENT else "/family"
    assert (client.get(path).location or "").startswith("/second-factor") is is_led
    if is_led:
        page = client.page("/second-factor").press("开始设置").follow()
        assert page.form(holding="second").fill(second=code_of(user)).submit().status == 200
    assert client.get(path).status_code == 200


def test_a_sign_in_of_before_is_asked_for_it(app, client):
    """It was set up in another browser since."""
    app.config["DEMO"] = False
    user, _codes = make_armed(Role.MANAGER)
    page = client.sign_in(user).page("/second-factor").click("输入动态码")
    page = page.form(holding="second").fill(password=PASSWORD, second=code_of(user)).submit()
    assert page.location == "/second-factor"
    assert client.get("/who-may-do-what").status_code == 200


def test_who_must_have_it_may_not_take_it_off(app, client):
    app.config["DEMO"] = False
    user, _codes = make_armed(Role.MANAGER)
    client.sign_in(user)
    db.session.query(SignIn).update({"has_second": True})
    assert "关闭第二步验证" not in client.page("/second-factor").words
    client.post("/second-factor/off", data={"off": "yes"}, tampered=True)
    assert second_factor.is_on(user.id)


def test_who_need_not_have_it_may(client):
    user, _codes = make_armed()
    client.sign_in(user)
    db.session.query(SignIn).update({"has_second": True})
    client.page("/second-factor").press("关闭第二步验证")
    assert not second_factor.is_on(user.id)


def test_the_secret_is_for_one_row_alone(app):
    first, _codes = make_armed()
    other, _codes = make_armed()
    one, two = second_factor.of_user(first.id), second_factor.of_user(other.id)
    assert one.secret != two.secret
    two.secret_sealed = one.secret_sealed
    with pytest.raises(CannotBeRead):
        two.secret  # noqa: B018 - it is read there


def test_no_demo_sign_in_sets_it_up(client):
    user = make_user(Role.MANAGER, centre=make_centre(), email="manager@demo.example")
    assert not client.sign_in(user).page("/second-factor").rows("form[action*=begin]")
    client.post("/second-factor/begin")
    assert second_factor.of_user(user.id) is None
