"""How much one family, or one address, may make: more than anybody needs, and then a sentence."""

import pytest

from clinic.accounts import limits
from clinic.db import db
from clinic.families.models import Child, Invitation
from tests.accounts.test_sign_in import code
from tests.makes import NOON, make_child, make_user


@pytest.fixture
def family(both, noon):
    """A parent's browser, in English."""
    mother = make_user()
    make_child(mother)
    client = both.test_client().sign_in(mother)
    client.set_cookie("lang", "en")
    return client, mother


def spend_all(limit, whose):
    for _ in range(limit.times):
        limits.spend(limit, str(whose), now=NOON)
    db.session.commit()


def said_of_the_form(page):
    """The one sentence at its head: a limit has no field that could be mended."""
    assert page.errors == {}
    return page.one(".error-summary").text(strip=True)


def test_children_of_a_day(family):
    client, mother = family
    page = client.page("/family/children/new")
    spend_all(limits.CHILD, mother.id)
    answer = page.form().fill(name="李小满", sex="female", birth_date="2025-11-01").submit()
    assert answer.status == 429
    assert "in one day" in said_of_the_form(answer)
    assert answer.form().fields["name"] == "李小满"
    assert db.session.query(Child).count() == 1


def test_invitations_of_a_day(family):
    client, _mother = family
    page = client.page("/family/invitations")
    for _ in range(limits.INVITATION.times):
        page = client.page("/family/invitations")
        assert page.form().submit().status == 200
    answer = client.page("/family/invitations").form().submit()
    assert answer.status == 429
    assert "in one day" in said_of_the_form(answer)
    assert db.session.query(Invitation).count() == limits.INVITATION.times
    again = page.form().submit()  # the last one's second click
    assert again.status == 200
    assert db.session.query(Invitation).count() == limits.INVITATION.times


def test_accounts_of_an_address(both, noon):
    client = both.test_client()
    client.set_cookie("lang", "en")
    page = client.page("/sign-up").form().fill(contact="13900990077").submit().follow()
    page = page.form().fill(code=code()).submit().follow()
    spend_all(limits.ACCOUNT_ADDRESS, "127.0.0.1")
    form = page.form().fill(name="李强", privacy=True, children_under_14=True)
    answer = form.submit()
    assert answer.status == 429
    assert "Please try again in" in said_of_the_form(answer)
