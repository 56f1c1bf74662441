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
FINISH = {"name": "王芳", "privacy": True, "children_under_14": True}


def code():
    """The code in the latest message."""
    return re.search(r"\d{6}", demo_messages()[0].text).group()


def ask(client, contact=PHONE, **fill):
    """The answer to somebody who wants a code."""
    form = client.page("/sign-up").form(holding="contact")
    return form.fill({"contact": contact}, **fill).submit()


def enter(client, digits):
    return client.page("/sign-in/code").form().fill(code=digits).submit()


def prove(client):
    """The last page of signing up, for who has entered the right code."""
    assert ask(client).location == "/sign-in/code"
    return enter(client, code()).follow()


@pytest.fixture
def fang(app):
    return make_user(email="fang@example.cn", password_hash=hash_password("long-enough"))


def by_password(client, password="long-enough", contact="fang@example.cn"):
    form = client.page("/sign-in/password").form(holding="password")
    return form.fill(contact=contact, password=password).submit()


def test_a_parent_signs_up_with_a_phone_and_a_code(client):
    last = prove(client)
    assert last.address == "/family/join"

    answer = last.form().fill(FINISH).submit()

    assert answer.location == "/"
    assert answer.follow().link("添加孩子") == "/family/children/new"
    assert client.get("/family").status_code == 200
    user = db.session.query(User).filter_by(phone="+8613800138000").one()
    given = db.session.query(Consent).filter_by(user_id=user.id).all()
    assert {(consent.kind.value, consent.given) for consent in given} == {
        ("privacy", True),
        ("children_under_14", True),
    }


@pytest.mark.parametrize(
    ("left_out", "empty"), [("name", ""), ("privacy", False), ("children_under_14", False)]
)
def test_joining_needs_a_name_and_both_agreements(client, left_out, empty):
    form = prove(client).form()
    assert not {"privacy", "children_under_14"} & set(form.fields)  # both come unticked

    answer = form.fill(FINISH | {left_out: empty}).submit()

    assert answer.status == 422
    assert list(answer.errors) == [left_out]


@pytest.mark.parametrize("contact", ["", "123", "12800138000", "me@", "x" * 200])
def test_what_is_no_contact_is_kept_and_said(client, contact):
    answer = ask(client, contact, tampered=len(contact) > 120)
    assert answer.status == 422
    assert list(answer.errors) == ["contact"]
    assert answer.form(holding="contact").fields["contact"] == contact


def test_a_wrong_code_five_times_spends_it(client):
    ask(client)
    right = code()
    wrong = "000000" if right != "000000" else "111111"
    for _ in range(5):
        assert list(enter(client, wrong).errors) == ["code"]
    assert enter(client, right).status == 422


def test_a_code_is_good_for_five_minutes(client):
    ask(client)
    with time_machine.travel(NOON + timedelta(minutes=6), tick=False):
        assert enter(client, code()).status == 422


def test_a_code_works_once(client, app):
    ask(client)
    right = code()
    assert enter(client, right).status == 303
    other = app.test_client()
    with other.session_transaction() as session:
        session["contact"] = "+8613800138000"
    assert enter(other, right).status == 422


def test_codes_are_not_sent_twice_a_minute(client):
    ask(client)
    for _click in range(6):
        again = ask(client)
        assert again.location == "/sign-in/code"
    assert len(demo_messages()) == 1
    assert "刚刚已发送验证码" in again.follow().words
    assert enter(client, code()).status == 303


def test_where_no_code_was_sent_none_is_asked_for(client):
    with time_machine.travel(NOON, tick=False) as clock:
        for _hour in range(5):
            ask(client)
            clock.shift(61)
        assert "刚刚已发送验证码" in ask(client).follow().words  # the fifth is still good
        clock.shift(5 * 60)
        assert ask(client).status == 422
        assert ask(client).status == 422


def test_the_database_keeps_no_code_in_the_open(client):
    ask(client)
    right = code()
    from clinic.accounts.models import SignInCode

    kept = db.session.query(SignInCode).one()
    assert right not in str(vars(kept))


def test_signing_in_with_a_password(client, fang):
    assert by_password(client, contact="Fang@example.cn").location == "/"


def test_a_wrong_password_says_nothing_of_whether_there_is_an_account(client, fang):
    answers = {
        contact: by_password(client, "wrong", contact)
        for contact in ("fang@example.cn", "nobody@example.cn")
    }
    assert {answer.status for answer in answers.values()} == {422}
    assert len({answer.words.replace(contact, "") for contact, answer in answers.items()}) == 1


def test_guessing_passwords_is_stopped(client, fang):
    for _ in range(10):
        by_password(client, "wrong")
    assert by_password(client).status == 422


@pytest.mark.parametrize("target", ["//evil.example", "https://evil.example", "/\\evil"])
def test_after_signing_in_one_stays_on_this_site(client, fang, target):
    client.get("/sign-in", query_string={"next": target})
    assert by_password(client).location == "/"


def test_the_language_is_chosen_and_stays(client):
    page = client.page("/sign-in")
    assert page.one("html").attributes["lang"] == "zh-CN"
    assert 'lang="en"' in client.get("/", headers={"Accept-Language": "en-GB"}).text
    page.press("English")
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
    last = prove(client)
    assert last.address == "/family/join"
    last.form().fill(FINISH | {"name": "张敏"}).submit()
    assert "赵子沐" in client.get("/family").text


def test_signing_out_ends_it(client):
    client.sign_in(make_user()).page("/").form(action="/sign-out").submit()
    assert client.get("/family").location.startswith("/sign-in")


def test_a_short_password_is_refused(client):
    answer = prove(client).form().fill(FINISH | {"password": "short"}).submit()
    assert answer.status == 422
    assert list(answer.errors) == ["password"]
    assert answer.form().fields["name"] == FINISH["name"]


def test_a_parent_stays_signed_in_for_thirty_days_without_a_press(client, fang):
    by_password(client)
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
    client.page("/").form(action="/sign-out").submit()
    thief = app.test_client()
    with thief.session_transaction() as session:
        session.update(copied)
    assert thief.get("/family").location.startswith("/sign-in")


@pytest.mark.parametrize("page", ["/sign-in", "/sign-up", "/sign-in/password"])
def test_a_page_that_was_open_too_long_keeps_the_contact(both, page):
    client = both.test_client()
    form = client.page(page).form(holding="contact").fill(contact="13900001004")
    if "password" in form.names:
        form.fill(password="long-enough")
    with client.session_transaction() as session:
        session.clear()  # a cookie that is over
    answer = form.submit(headers={"Referer": f"http://localhost{page}"})
    assert answer.location == page
    again = answer.follow()
    assert "页面打开太久了，请核对后重新提交。" in again.words
    assert again.form(holding="contact").fields["contact"] == "13900001004"
    assert "long-enough" not in again.text
    assert client.page(page).form(holding="contact").fields["contact"] == ""
