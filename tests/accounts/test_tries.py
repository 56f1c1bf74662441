"""Who guesses waits longer and longer; the owner at a known browser never waits for it."""

from contextlib import suppress
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import delete

from clinic.accounts import codes, limits, tries
from clinic.accounts.limits import TooOften
from clinic.accounts.models import Counter, KnownBrowser
from clinic.accounts.passwords import hash_password
from clinic.accounts.tries import CODE, PASSWORD, SECOND, Asker, count
from clinic.db import db
from clinic.messages import demo_messages
from tests.makes import NOON, make_user

pytestmark = pytest.mark.usefixtures("noon")
RIGHT, WRONG = "long-enough", "not-this-one"
ME = "fang@example.cn"
ATTACKER, CARRIER = "198.51.100.7", "203.0.113.1"


def guess(times, asker, *, at=ME, guessing=PASSWORD, now=NOON):
    """So many wrong tries at that moment; how many of them were looked at."""
    seen = 0
    for _ in range(times):
        try:
            count(guessing, at, asker=asker, now=now)
            seen += 1
        except TooOften:
            pass
    return seen


def may_try(asker, *, at=ME, guessing=PASSWORD, now=NOON):
    return guess(1, asker, at=at, guessing=guessing, now=now) == 1


def one_address():
    guess(50, Asker(None, ATTACKER))


def many_addresses():
    for number in range(200):
        guess(1, Asker(None, f"198.51.100.{number}"))


def all_accounts():
    for number in range(320):
        guess(1, Asker(None, CARRIER), at=f"{number}@example.cn")


KNOWN, NEW, HOME = Asker(1, CARRIER), Asker(None, CARRIER), Asker(None, "192.0.2.9")
# Attack → who may still try a password at the attacked account: the owner at a known browser, in a new
# one at an address of others, at an address of their own.
ATTACKS = {
    one_address: (True, True, True),
    many_addresses: (True, False, False),
    all_accounts: (True, False, True),
}


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_an_attack_slows_strangers_and_not_the_owner(both, attack):
    attack()
    assert tuple(may_try(owner) for owner in (KNOWN, NEW, HOME)) == ATTACKS[attack]
    assert not may_try(Asker(None, ATTACKER)) or attack is all_accounts
    assert may_try(NEW, now=NOON + timedelta(minutes=16))  # nothing is locked


@pytest.mark.parametrize("guessing", [PASSWORD, CODE, SECOND], ids=lambda each: each.name)
@pytest.mark.parametrize("asker", [KNOWN, NEW])
def test_the_wait_grows_with_each_step(both, guessing, asker):
    waits, now = guessing.known if asker.known else guessing.address, NOON
    assert [wait for _, wait in waits] == sorted({wait for _, wait in waits})
    for wrong, wait in waits:
        db.session.execute(delete(Counter))
        for _ in range(wrong):
            now += timedelta(minutes=30)
            assert may_try(asker, guessing=guessing, now=now)
        too_soon = now + wait - timedelta(seconds=1)
        assert not may_try(asker, guessing=guessing, now=too_soon)
        assert may_try(asker, guessing=guessing, now=now + wait)


@pytest.mark.parametrize("asker", [KNOWN, NEW])
def test_right_ones_count_nothing(both, asker):
    for _ in range(350):
        count(PASSWORD, ME, asker=asker, now=NOON).was_right()
    assert guess(5, asker) == 5


def test_strangers_are_few_in_a_day(app):
    """At every moment at which one may, from ever new addresses."""
    seen, now = 0, NOON
    while now < NOON + timedelta(days=1):
        seen += guess(1, Asker(None, f"198.51.100.{seen % 250}"), now=now)
        now += timedelta(seconds=30)
    assert 100 <= seen <= 250


def test_after_a_day_all_is_forgotten(app):
    guess(20, NEW)
    assert guess(9, NEW, now=NOON + timedelta(days=1)) == 5


def test_a_refused_try_is_not_counted_elsewhere(app):
    """Who waits at one account does not use up what others at that address have."""
    for _ in range(400):
        guess(1, NEW)
    assert may_try(NEW, at="other@example.cn")


def by_password(client, password, address):
    form = client.page("/sign-in/password").form(holding="password")
    typed = form.fill(contact=ME, password=password)
    return typed.submit(environ_overrides={"REMOTE_ADDR": address})


def test_the_owner_signs_in_at_a_known_browser_whatever_strangers_do(both):
    make_user(email=ME, password_hash=hash_password(RIGHT))
    owner, attacker = both.test_client(), both.test_client()
    assert by_password(owner, RIGHT, CARRIER).status == 303
    owner.page("/").form(action="/sign-out").submit()
    for _ in range(7):
        answer = by_password(attacker, WRONG, CARRIER)
    assert "操作太频繁" in answer.words
    assert by_password(attacker, RIGHT, CARRIER).status == 422
    assert by_password(owner, WRONG, CARRIER).status == 422
    assert by_password(owner, RIGHT, CARRIER).status == 303


def ask(client, address):
    form = client.page("/sign-in").form(holding="contact")
    return form.fill(contact="13800138000").submit(environ_overrides={"REMOTE_ADDR": address})


def code_in(message):
    return "".join(sign for sign in message.text if sign.isdigit())[:6]


@pytest.mark.parametrize("which", [0, 1])
def test_a_code_asked_for_by_another_voids_none(both, which):
    user = make_user(phone="+8613800138000", claimed_at=NOON)
    owner, attacker = both.test_client(), both.test_client()
    ask(owner, CARRIER)
    ask(attacker, ATTACKER)
    came = [code_in(message) for message in demo_messages()]
    assert owner.page("/sign-in/code").form().fill(code=came[which]).submit().status == 303
    assert attacker.page("/sign-in/code").form().fill(code=came[1 - which]).submit().status == 422
    assert db.session.query(KnownBrowser).filter_by(user_id=user.id).count() == 1


def test_wrong_codes_of_another_leave_the_owners_good(both):
    make_user(phone="+8613800138000", claimed_at=NOON)
    owner, attacker = both.test_client(), both.test_client()
    ask(owner, CARRIER)
    right = code_in(demo_messages()[0])
    ask(attacker, ATTACKER)
    for _ in range(6):
        form = attacker.page("/sign-in/code").form().fill(code="000000")
        form.submit(environ_overrides={"REMOTE_ADDR": ATTACKER})
    assert owner.page("/sign-in/code").form().fill(code=right).submit().status == 303


def test_strangers_who_ask_for_codes_do_not_stop_the_owners(both):
    phone, now = "+8613800138000", NOON
    for number in range(30):
        with suppress(TooOften):
            codes.send_code(phone, asker=Asker(None, f"198.51.100.{number}"), now=now)
        now += timedelta(minutes=1)
    assert len(demo_messages()) <= limits.CODE_SENT_STRANGERS.times
    sent = len(demo_messages(100))
    codes.send_code(phone, asker=KNOWN, now=now)
    assert len(demo_messages(100)) == sent + 1


def test_a_bare_cookie_is_no_known_browser(app, client):
    """A stranger may send any cookie: none that the account has not been used with counts."""
    make_user(email=ME, password_hash=hash_password(RIGHT))
    client.set_cookie("browser", "x" * 43)
    for _ in range(7):
        by_password(client, WRONG, ATTACKER)
    keys = {counter.key.partition(":")[0] for counter in db.session.query(Counter)}
    assert "wrong-password-known" not in keys
    assert timedelta(days=1) >= tries.FORGOTTEN  # as long as counters are kept
    with time_machine.travel(NOON + timedelta(minutes=11), tick=False):
        assert by_password(client, RIGHT, ATTACKER).status == 303
