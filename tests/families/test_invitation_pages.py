"""A second guardian is invited by a link, sees the children, and is removed."""

from datetime import date

import pytest

from clinic.families.models import Sex
from clinic.families.pinyin import masked_name
from tests.makes import make_child, make_guardianship, make_user

pytestmark = pytest.mark.usefixtures("noon")
NEW, INVITE, CONSENTS = "/family/children/new", "/family/invitations", "/family/consents"


def link_of(client, relation="father"):
    """The path of an invitation that is made now."""
    shown = client.page(INVITE).form().fill(relation=relation).submit()
    return shown.resolve(shown.one("#link").attributes["value"])


def test_a_second_guardian_sees_the_children_until_revoked(app, client):
    mother, father = make_user(), make_user(name="李强")
    make_child(mother)
    link = link_of(client.sign_in(mother))
    other = app.test_client().sign_in(father)
    invited = other.page(link)
    assert "王*" in invited.words

    assert invited.form().submit().location == "/family"
    assert "王一禾" in other.get("/family").text
    assert other.get(link).status_code == 404  # used

    family = client.page("/family")
    assert "李强 · 父亲" in family.words
    assert family.form(action="/revocation").submit("移除 李强").location == "/family"
    assert "王一禾" not in other.get("/family").text


def test_the_second_guardian_cannot_remove_the_first(app, client):
    mother, father = make_user(), make_user()
    child = make_child(mother)
    make_guardianship(father, child)
    first = next(guardianship.id for guardianship in child.guardianships if guardianship.is_first)
    assert not client.sign_in(father).page("/family").has_form(action="/revocation")
    answer = client.post(f"/family/guardianships/{first}/revocation")
    assert answer.status_code == 409
    assert "王一禾" in app.test_client().sign_in(mother).get("/family").text


def test_an_invitation_is_withdrawn(app, client):
    parent = make_user()
    make_child(parent)
    link = link_of(client.sign_in(parent))
    form = client.page("/family").form(action="/withdrawal")
    other = app.test_client().sign_in(make_user())
    assert other.post(form.action).status_code == 404
    assert other.get(link).status_code == 200

    assert "链接已失效" in form.submit().follow().words

    assert other.get(link).status_code == 404
    assert not client.page("/family").has_form(action="/withdrawal")


def test_an_invitation_tells_siblings_apart_and_no_name(app, client):
    parent = make_user()
    make_child(parent, name="李一禾")
    make_child(parent, name="李一麦", sex=Sex.MALE, birth_date=date(2022, 1, 31))
    link = link_of(client.sign_in(parent))
    shown = app.test_client().sign_in(make_user()).page(link).words
    assert "李*禾（女孩，13个月）" in shown
    assert "李*麦（男孩，4岁1个月）" in shown
    assert "李一" not in shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("李一禾", "李*禾"),
        ("李禾", "李*"),
        ("李", "李*"),
        ("欧阳一禾", "欧**禾"),
        ("Anna Smith", "A*** S***"),
        ("阿依古丽·买买提", "阿******提"),
    ],
)
def test_a_masked_name(name, shown):
    assert masked_name(name) == shown


def test_ones_own_invitation_is_for_somebody_else(client):
    parent = make_user()
    make_child(parent)
    own = client.sign_in(parent).page(link_of(client))
    answer = own.form().submit()
    assert answer.status == 422
    assert answer.rows(".notice-bad:not([hidden])")


def test_who_has_no_child_invites_nobody(client):
    page = client.sign_in(make_user()).page(INVITE)
    assert not page.has_form(holding="relation")
    assert page.link("添加孩子") == NEW
