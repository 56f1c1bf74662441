"""Browsers that an account knows: a new one is told to the others; each sign-in can be ended alone."""

import pytest

from clinic.accounts.models import KnownBrowser, SignIn
from clinic.accounts.passwords import hash_password
from clinic.audit import AuditEvent
from clinic.db import db
from tests.makes import make_user
from tests.queries import count_queries

pytestmark = pytest.mark.usefixtures("noon")
PASSWORD = "long-enough"
ASKED = "有新的浏览器登录了您的账号"


@pytest.fixture
def user(both):
    both.user = make_user(password_hash=hash_password(PASSWORD))
    return both.user


def enter(app, user, client=None):
    """A browser in which the user signed in: a new one, or once more in that one."""
    client = client or app.test_client()
    form = client.page("/sign-in/password").form(index=0)
    assert form.fill(contact=user.phone, password=PASSWORD).submit().status == 303
    return client


def is_asked(client):
    return ASKED in client.page("/family").words


def is_in(client):
    return client.get("/family").status_code == 200


def told():
    return db.session.query(AuditEvent).filter_by(action="sign-in with a new browser").count()


def test_the_first_browser_is_told_to_nobody(both, user):
    assert not is_asked(enter(both, user))
    assert told() == 0


def test_a_new_browser_is_told_to_the_others(both, user):
    first = enter(both, user)
    second = enter(both, user)
    assert (is_asked(first), is_asked(second), told()) == (True, False, 1)
    enter(both, user, second)  # it is known by now
    assert told() == 1


def test_who_says_that_it_is_theirs_is_asked_no_more(both, user):
    first, second = enter(both, user), enter(both, user)
    assert first.page("/family").press("是我本人").status == 303
    assert not is_asked(first)
    assert is_in(second)
    assert not is_asked(enter(both, user, first))


def test_who_says_no_signs_it_out_and_it_is_known_no_longer(both, user):
    first, second = enter(both, user), enter(both, user)
    answer = first.page("/family").press("不是，让它退出")
    assert "请立即修改" in answer.follow().words
    assert not is_in(second)
    assert not is_asked(first)
    enter(both, user, second)
    assert told() == 2


def test_whoever_ends_the_owners_sign_ins_does_not_end_the_question(both, user):
    first, thief = enter(both, user), enter(both, user)
    thief.page("/sign-ins").press("退出其他设备")
    assert not is_in(first)
    assert is_asked(enter(both, user, first))


def test_a_new_browser_cannot_answer_for_the_others(both, user):
    first, thief = enter(both, user), enter(both, user)
    newest = db.session.query(KnownBrowser).order_by(KnownBrowser.id.desc()).first()
    thief.post("/sign-ins/new-browser", data={"browser": newest.id, "mine": "yes"}, tampered=True)
    assert is_asked(first)


def test_two_users_of_one_browser_are_known_apart(both, user):
    other = make_user(password_hash=hash_password(PASSWORD))
    shared = enter(both, user)
    enter(both, other)
    enter(both, other, shared)
    assert told() == 1  # new to the other, though not to the first
    assert not is_asked(enter(both, user, shared))


def test_each_sign_in_can_be_ended_alone(both, user):
    first, second, third = (enter(both, user) for _ in range(3))
    page = third.page("/sign-ins")
    assert len(page.rows(".list > li.card")) == 3
    oldest = db.session.query(SignIn).order_by(SignIn.id).first()
    form = next(
        form
        for form in page.forms
        if form.action == "/sign-ins/end" and form.fields["sign_in"] == str(oldest.id)
    )
    assert "该设备已退出登录" in form.submit().follow().words
    assert [is_in(browser) for browser in (first, second, third)] == [False, True, True]


def test_all_others_can_be_ended(both, user):
    first, second, here = (enter(both, user) for _ in range(3))
    here.page("/sign-ins").press("退出其他设备")
    assert [is_in(browser) for browser in (first, second, here)] == [False, False, True]
    assert db.session.query(KnownBrowser).count() == 1


def test_nobody_ends_anothers_sign_in(both, user):
    mine = enter(both, user)
    strangers = enter(both, make_user(password_hash=hash_password(PASSWORD)))
    sign_in = db.session.query(SignIn).filter_by(user_id=user.id).one()
    answer = strangers.post("/sign-ins/end", data={"sign_in": sign_in.id}, tampered=True)
    assert answer.location == "/sign-ins"
    assert is_in(mine)


def test_knowing_a_browser_costs_no_page_a_statement(both, user):
    first = enter(both, user)
    usual = count_queries(lambda: first.get("/family"))
    enter(both, user)
    assert count_queries(lambda: first.get("/family")) == usual + 1  # the question itself
    first.page("/family").press("是我本人")
    assert count_queries(lambda: first.get("/family")) == usual


def test_the_database_keeps_no_cookie(both, user):
    client = enter(both, user)
    cookie = client.get_cookie("browser")
    assert (cookie.http_only, cookie.same_site, cookie.path) == (True, "Lax", "/")
    kept = str(db.session.connection().exec_driver_sql("SELECT * FROM known_browsers").one())
    assert cookie.decoded_value not in kept


def test_sign_ins_that_everybody_may_use_are_not_asked_about(both, user):
    """The demo's: each visitor is a new browser to the others."""
    user.email = "parent@demo.example"
    first, second = enter(both, user), enter(both, user)
    assert not is_asked(first)
    assert not is_asked(second)
    assert told() == 1
