"""A form that was sent too late is kept for its sender, and for nobody else."""

from datetime import timedelta

import pytest
import time_machine

from clinic.accounts.models import KeptForm
from clinic.accounts.passwords import hash_password
from clinic.db import db
from tests.makes import NOON, make_child, make_user

pytestmark = pytest.mark.usefixtures("noon")
PASSWORD = "long-enough"
PAGE = "/family/children/new"
BABY = {"name": "王一禾", "sex": "female", "birth_date": "2026-01-05", "relation": "father"}
NUMBERS = {"identity_no": "330106202601050029", "certificate_no": "P330000001"}
FROM = {"Referer": f"http://localhost{PAGE}"}
ELSEWHERE = [{"Origin": "https://evil.example"}, {"Referer": "https://evil.example/x"}]


def parent(**kw):
    return make_user(password_hash=hash_password(PASSWORD), **kw)


def enter(client, user):
    """Sign in by the password, as people do; the answer."""
    return client.post("/sign-in/password", data={"contact": user.phone, "password": PASSWORD})


def shown(page):
    """What the child's form says."""
    fields = page.form(holding="birth_date").fields
    return {name: fields.get(name) for name in (*BABY, *NUMBERS)}


def test_what_was_typed_comes_back_after_signing_in_again(client):
    user = parent()
    client.sign_in(user).page(PAGE)
    late = client.forget().post(PAGE, data=BABY)
    assert late.location == f"/sign-in?next={PAGE}"
    assert "已填写的内容还在" in client.get(late.location).text
    assert enter(client, user).location == PAGE
    page = client.page(PAGE)
    assert shown(page) == BABY | dict.fromkeys(NUMBERS, "")
    assert "还没有提交" in page.words


def test_it_is_there_until_it_was_sent(client):
    user = parent()
    client.sign_in(user).forget().post(PAGE, data=BABY)
    enter(client, user)
    for _ in range(2):
        page = client.page(PAGE)
        assert shown(page)["name"] == "王一禾"
    page.form(holding="birth_date").submit()
    assert "还没有提交" not in client.page(PAGE).words
    assert db.session.query(KeptForm).count() == 0


def test_it_can_be_discarded(client):
    user = parent()
    client.sign_in(user).forget().post(PAGE, data=BABY)
    enter(client, user)
    client.page(PAGE).press("丢弃")
    assert shown(client.page(PAGE))["name"] == ""


def test_numbers_that_open_doors_are_never_kept_and_the_page_says_so(client):
    user = parent()
    client.sign_in(user).forget().post(PAGE, data=BABY | NUMBERS)
    enter(client, user)
    page = client.page(PAGE)
    assert shown(page) == BABY | dict.fromkeys(NUMBERS, "")
    for name in NUMBERS:
        (field,) = page.tree.css(f'.field:has([name="{name}"])')
        assert "没有保留" in field.text()
    assert page.one("details").attributes.keys() >= {"open"}


def test_in_the_answer_to_the_form_itself_they_stay(client):
    client.sign_in(parent())
    page = client.page(PAGE).form(holding="birth_date").fill(**NUMBERS).submit()
    assert page.status == 422
    assert shown(page)["certificate_no"] == NUMBERS["certificate_no"]


def test_at_rest_it_is_sealed(client):
    client.sign_in(parent()).forget().post(PAGE, data=BABY)
    kept = db.session.connection().exec_driver_sql("SELECT * FROM kept_forms").one()
    assert "王一禾" not in str(kept)
    with client.session_transaction() as session:
        assert "王一禾" not in str(dict(session))


def test_another_who_signs_in_there_gets_nothing_and_clears_it(client):
    first, second = parent(), parent()
    client.sign_in(first).forget().post(PAGE, data=BABY)
    enter(client, second)
    assert shown(client.page(PAGE))["name"] == ""
    assert db.session.query(KeptForm).count() == 0
    client.post("/sign-out")
    enter(client, first)
    assert shown(client.page(PAGE))["name"] == ""


def test_it_is_kept_for_a_day(client):
    user = parent()
    client.sign_in(user).forget().post(PAGE, data=BABY)
    with time_machine.travel(NOON + timedelta(hours=23), tick=False):
        enter(client, user)
        assert shown(client.page(PAGE))["name"] == "王一禾"
    with time_machine.travel(NOON + timedelta(hours=25), tick=False):
        assert shown(client.page(PAGE))["name"] == ""
        client.forget().post("/family/consents", data={"privacy": "y"})  # clears what is old
        assert [kept_form.page for kept_form in db.session.query(KeptForm)] == ["/family/consents"]


def test_of_one_form_the_latest_is_kept_of_one_person_twenty(client):
    user = parent()
    client.sign_in(user).forget()
    for name in ("甲", "乙"):
        client.post(PAGE, data=BABY | {"name": name})
    for number in range(25):
        client.post(f"/family/children/{number}", data=BABY)
    assert db.session.query(KeptForm).count() == 20
    client.sign_in(user).forget().post(PAGE, data=BABY | {"name": "丙"})
    enter(client, user)
    assert shown(client.page(PAGE))["name"] == "丙"


@pytest.mark.parametrize(
    ("typed", "is_kept"), [({"name": "x" * 150_000}, True), ({"name": "x" * 250_000}, False)]
)
def test_a_large_form_is_kept_a_huge_one_is_not_and_nothing_else_is_said(client, typed, is_kept):
    user = parent()
    late = client.sign_in(user).forget().post(PAGE, data=BABY | typed)
    assert ("已填写的内容还在" in client.get(late.location).text) is is_kept
    enter(client, user)
    assert (shown(client.page(PAGE))["name"] == typed["name"]) is is_kept


@pytest.mark.parametrize("headers", [{}, *ELSEWHERE])
def test_a_form_from_nobody_plants_nothing(client, headers):
    answer = client.post(PAGE, data=BABY, headers=headers)
    assert answer.location.startswith("/sign-in")
    assert "Set-Cookie" not in answer.headers
    assert db.session.query(KeptForm).count() == 0


@pytest.mark.parametrize("headers", [{}, *ELSEWHERE])
def test_a_form_of_another_site_does_not_sign_its_visitor_out(client, headers):
    """Browsers leave our cookie away with it; a new one would take its place."""
    for path in (PAGE, "/sign-in/password", "/sign-out", "/nowhere", "/language"):
        answer = client.post(path, data=BABY, headers=headers, shown=["name"])
        assert "Set-Cookie" not in answer.headers, path


@pytest.mark.parametrize("headers", ELSEWHERE)
def test_a_form_of_another_site_is_not_kept_for_its_visitor(client, headers):
    client.sign_in(parent()).forget().post(PAGE, data=BABY, headers=headers)
    assert db.session.query(KeptForm).count() == 0


class TestByTheTokenOfTheForm:
    """A page knows by its token whose it is, whatever has become of the cookie."""

    def half_filled(self, client, user):
        """The page's own form, filled in by this user."""
        return client.sign_in(user).page(PAGE).form(holding="birth_date").fill(**BABY)

    def enter(self, client, user):
        form = client.page("/sign-in/password").form(holding="password", index=0)
        form.fill(contact=user.phone, password=PASSWORD).submit()

    def test_the_cookie_is_gone(self, client):
        user = parent()
        form = self.half_filled(client, user)
        client.delete_cookie("session")
        client.pressed_at = None
        form.submit(headers=FROM)
        self.enter(client, user)
        assert shown(client.page(PAGE))["name"] == "王一禾"

    def test_signed_in_again_meanwhile_in_another_tab(self, client):
        user = parent()
        form = self.half_filled(client, user)
        client.sign_in(user)
        answer = form.submit(headers=FROM)
        assert answer.location == PAGE
        assert shown(client.page(PAGE))["name"] == "王一禾"

    def test_another_signed_in_meanwhile_in_another_tab(self, client):
        first, second = parent(), parent()
        form = self.half_filled(client, first)
        client.sign_in(second)
        form.submit(headers=FROM)
        assert shown(client.page(PAGE))["name"] == ""
        assert [kept_form.user_id for kept_form in db.session.query(KeptForm)] == [first.id]

    def test_a_token_that_is_none_is_that_of_the_cookie(self, client):
        client.sign_in(parent())
        answer = client.post(
            PAGE, data=BABY | {"csrf_token": "stale"}, headers=FROM, shown=["name"]
        )
        assert answer.location == PAGE
        assert shown(client.page(PAGE))["name"] == "王一禾"


def test_fields_of_one_name_and_hidden_ones_come_back(client):
    """The version that the page showed comes back too: who changed the child meanwhile is noticed."""
    user = parent()
    child = make_child(user)
    page = f"/family/children/{child.id}"
    typed = BABY | {"version": str(child.version)}
    typed.pop("relation")
    client.sign_in(user).forget().post(page, data=typed)
    child.name, child.version = "王二禾", child.version + 1
    db.session.commit()
    enter(client, user)
    form = client.page(page).form(holding="birth_date")
    assert form.fields["name"] == "王一禾"
    assert form.submit().status == 409
