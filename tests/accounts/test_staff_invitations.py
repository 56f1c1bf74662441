"""A staff invitation gives one role to one person: a newcomer, or whoever has that account."""

from datetime import timedelta

import pytest

from clinic.accounts import staff_invitations
from clinic.accounts.models import Role, User
from clinic.accounts.queries import find_user
from clinic.db import db
from tests.makes import NOON, make_centre, make_user

pytestmark = pytest.mark.usefixtures("noon")
PHONE = "+8613700137000"


def invited(**kw):
    """The address of a link for PHONE, to be an administrator if nothing else is said."""
    facts = {"name": "沈岚", "contact": PHONE, "role": Role.ADMIN, "by": None, "now": NOON}
    _row, token = staff_invitations.invite(**facts | kw)
    db.session.commit()
    return f"/staff-invitations/{token}"


def accept(page):
    typed = {"password": "correct horse", "password_again": "correct horse"}
    return page.form(holding="password_again").fill(**typed).submit()


def test_a_newcomer_chooses_a_password_and_is_signed_in(both):
    client = both.test_client()
    page = client.page(invited())
    assert "137****7000" in page.words
    assert accept(page).follow().status == 200
    user = find_user(PHONE)
    assert (user.name, user.roles) == ("沈岚", {Role.ADMIN})
    again = both.test_client().page("/sign-in/password").form(holding="password")
    assert again.fill(contact="13700137000", password="correct horse").submit().status == 303


def test_a_role_is_held_at_the_centre_of_the_invitation(both):
    centre = make_centre()
    accept(both.test_client().page(invited(role=Role.MANAGER, centre_id=centre.id)))
    assert find_user(PHONE).centre_ids(Role.MANAGER) == {centre.id}


def test_a_link_works_once(both):
    link = invited()
    assert accept(both.test_client().page(link)).status == 303
    assert both.test_client().get(link).status_code == 404


def test_two_browsers_with_one_link_make_one_account(both):
    first, second = both.test_client(), both.test_client()
    link = invited()
    pages = first.page(link), second.page(link)
    assert accept(pages[0]).status == 303
    assert accept(pages[1]).status in (404, 422)
    assert db.session.query(User).filter_by(phone=PHONE).count() == 1


@pytest.mark.parametrize("later", [timedelta(hours=71), timedelta(hours=72)])
def test_a_link_is_good_for_three_days(app, later):
    _row, token = staff_invitations.invite(
        name="沈岚", contact=PHONE, role=Role.ADMIN, by=None, now=NOON
    )
    found = staff_invitations.find_invitation(token, now=NOON + later)
    assert (found is not None) == (later < timedelta(hours=72))


def test_a_link_that_was_withdrawn_works_no_more(app, client):
    link = invited()
    (row,) = staff_invitations.open_invitations(None, now=NOON)
    staff_invitations.withdraw(row, by=None, now=NOON)
    db.session.commit()
    assert client.get(link).status_code == 404


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"password": "short", "password_again": "short"}, "password"),
        ({"password": "correct horse", "password_again": "correct house"}, "password_again"),
        ({"name": "", "password": "correct horse", "password_again": "correct horse"}, "name"),
    ],
)
def test_what_is_missing_is_said_beside_the_field(client, typed, says):
    page = client.page(invited()).form(holding="password_again").fill(**typed).submit()
    assert page.status == 422
    assert set(page.errors) == {says}
    assert find_user(PHONE) is None


def test_a_link_opens_no_account_that_exists(app, client):
    owner, other = make_user(phone=PHONE), make_user()
    link = invited()
    assert "已有账户" in client.page(link).words
    assert client.post(link, tampered=True).status_code == 422
    assert client.sign_in(other).post(link, tampered=True).status_code == 422
    client.sign_in(owner).page(link).form(holding="csrf_token").submit()
    db.session.expire_all()
    assert find_user(PHONE).roles == {Role.PARENT, Role.ADMIN}
    assert other.roles == {Role.PARENT}
