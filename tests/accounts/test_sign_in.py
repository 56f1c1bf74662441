"""Signing up and in as a parent does it."""

import re
from datetime import timedelta

import pytest
import time_machine

from clinic.accounts.models import User
from clinic.accounts.passwords import hash_password
from clinic.db import db
from clinic.families.models import Consent
from clinic.messages import demo_messages
from tests.makes import NOON, make_user

pytestmark = pytest.mark.usefixtures("noon")
PHONE = "138 0013 8000"
FINISH = {"name": "王芳", "privacy": "y", "children_under_14": "y"}


def code():
    """The code in the latest message."""
    return re.search(r"\d{6}", demo_messages()[0].text).group()


def ask(client, contact=PHONE):
    return client.post("/sign-up", data={"contact": contact})


def test_a_parent_signs_up_with_a_phone_and_a_code(client):
    assert ask(client).location == "/sign-in/code"
    assert client.post("/sign-in/code", data={"code": code()}).location == "/family/join"

    answer = client.post("/family/join", data=FINISH)

    assert answer.location == "/"
    assert "/family/children/new" in client.get("/").text
    assert client.get("/family").status_code == 200
    user = db.session.query(User).filter_by(phone="+8613800138000").one()
    given = db.session.query(Consent).filter_by(user_id=user.id).all()
    assert {(one.kind.value, one.given) for one in given} == {
        ("privacy", True),
        ("children_under_14", True),
    }


@pytest.mark.parametrize("left_out", ["name", "privacy", "children_under_14"])
def test_joining_needs_a_name_and_both_agreements(client, left_out):
    ask(client)
    client.post("/sign-in/code", data={"code": code()})

    answer = client.post("/family/join", data=FINISH | {left_out: ""})

    assert answer.status_code == 422
    assert f'id="{left_out}-error"' in answer.text


@pytest.mark.parametrize("contact", ["", "123", "12800138000", "me@", "x" * 200])
def test_what_is_no_contact_is_kept_and_said(client, contact):
    answer = ask(client, contact)
    assert answer.status_code == 422
    assert 'id="contact-error"' in answer.text
    assert f'value="{contact}"' in answer.text


def test_a_wrong_code_five_times_spends_it(client):
    ask(client)
    right = code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        assert client.post("/sign-in/code", data={"code": wrong}).status_code == 422
    assert client.post("/sign-in/code", data={"code": right}).status_code == 422


def test_a_code_is_good_for_five_minutes(client):
    ask(client)
    with time_machine.travel(NOON + timedelta(minutes=6), tick=False):
        assert client.post("/sign-in/code", data={"code": code()}).status_code == 422


def test_a_code_works_once(client, app):
    ask(client)
    right = code()
    client.post("/sign-in/code", data={"code": right})
    other = app.test_client()
    with other.session_transaction() as session:
        session["contact"] = "+8613800138000"
    assert other.post("/sign-in/code", data={"code": right}).status_code == 422


def test_codes_are_not_sent_twice_a_minute(client):
    ask(client)
    again = ask(client)
    assert again.status_code == 422
    assert len(demo_messages()) == 1


def test_the_database_keeps_no_code_in_the_open(client):
    ask(client)
    right = code()
    from clinic.accounts.models import SignInCode

    kept = db.session.query(SignInCode).one()
    assert right not in str(vars(kept))


def test_signing_in_with_a_password(client):
    make_user(email="fang@example.cn", password_hash=hash_password("long-enough"))
    data = {"contact": "Fang@example.cn", "password": "long-enough"}
    assert client.post("/sign-in/password", data=data).location == "/"


def test_a_wrong_password_says_nothing_of_whether_there_is_an_account(client):
    make_user(email="fang@example.cn", password_hash=hash_password("long-enough"))
    client.get("/sign-in/password")
    texts = {
        client.post("/sign-in/password", data={"contact": one, "password": "wrong"}).text.replace(
            one, ""
        )
        for one in ("fang@example.cn", "nobody@example.cn")
    }
    assert len(texts) == 1


def test_guessing_passwords_is_stopped(client):
    make_user(email="fang@example.cn", password_hash=hash_password("long-enough"))
    data = {"contact": "fang@example.cn", "password": "wrong"}
    for _ in range(10):
        client.post("/sign-in/password", data=data)
    assert (
        client.post("/sign-in/password", data=data | {"password": "long-enough"}).status_code == 422
    )


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil"])
def test_after_signing_in_one_stays_on_this_site(client, target):
    make_user(email="fang@example.cn", password_hash=hash_password("long-enough"))
    client.get("/sign-in", query_string={"next": target})
    data = {"contact": "fang@example.cn", "password": "long-enough"}
    assert client.post("/sign-in/password", data=data).location == "/"


def test_the_language_is_chosen_and_stays(client):
    assert 'lang="zh-CN"' in client.get("/").text
    assert 'lang="en"' in client.get("/", headers={"Accept-Language": "en-GB"}).text
    client.post("/language", data={"language": "en", "next": "/sign-in"})
    assert 'lang="en"' in client.get("/", headers={"Accept-Language": "zh-CN"}).text


def test_the_inbox_is_there_in_demo_mode_only(app, client):
    assert client.get("/demo/inbox").status_code == 200
    app.config["DEMO"] = False
    assert client.get("/demo/inbox").status_code == 404


def test_a_family_made_at_the_desk_is_claimed_by_proving_the_phone(client):
    from clinic.accounts.joining import register_guardian
    from tests.makes import make_child

    receptionist = make_user()
    guardian = register_guardian(name="张敏", phone="+8613800138000", by=receptionist, now=NOON)
    make_child(guardian, name="赵子沐")
    ask(client)
    assert client.post("/sign-in/code", data={"code": code()}).location == "/family/join"
    client.post("/family/join", data=FINISH | {"name": "张敏"})
    assert "赵子沐" in client.get("/family").text


def test_signing_out_ends_it(client):
    client.sign_in(make_user())
    client.post("/sign-out")
    assert client.get("/family").location.startswith("/sign-in")


def test_a_short_password_is_refused(client):
    ask(client)
    client.post("/sign-in/code", data={"code": code()})
    answer = client.post("/family/join", data=FINISH | {"password": "short"})
    assert answer.status_code == 422
    assert 'id="password-error"' in answer.text


def test_a_parent_stays_signed_in_for_thirty_days_without_a_press(client):
    user = make_user(email="fang@example.cn", password_hash=hash_password("long-enough"))
    data = {"contact": user.email, "password": "long-enough"}
    client.post("/sign-in/password", data=data)
    assert "Set-Cookie" not in client.get("/family").headers
    for days, is_in in ((29, True), (58, True), (89, False)):
        with time_machine.travel(NOON + timedelta(days=days), tick=False):
            first, second = client.get("/family"), client.get("/family")
            assert (first.status_code == 200) is is_in
            assert not is_in or "Set-Cookie" in first.headers  # it lasts from today on
            assert not is_in or "Set-Cookie" not in second.headers  # once a day is enough


def test_a_cookie_copied_before_signing_out_is_worth_nothing_after(client, app):
    client.sign_in(make_user())
    with client.session_transaction() as session:
        copied = dict(session)
    client.post("/sign-out")
    thief = app.test_client()
    with thief.session_transaction() as session:
        session.update(copied)
    assert thief.get("/family").location.startswith("/sign-in")
