"""A family's children and guardians."""

import pytest

from clinic.db import db
from clinic.families.models import Child
from tests.makes import make_child, make_service, make_slot, make_user

pytestmark = pytest.mark.usefixtures("noon")
NEW, INVITE, CONSENTS = "/family/children/new", "/family/invitations", "/family/consents"
CHILD = {"name": "王一禾", "sex": "female", "birth_date": "2025-02-01", "relation": "mother"}


def test_a_child_is_added_and_shown(client):
    form = client.sign_in(make_user()).page(NEW).form().fill(CHILD)
    form.fill(birth_weight_g="3250", gestation_weeks="39", allergies="青霉素")
    answer = form.submit()
    assert answer.location == "/family"
    shown = answer.follow().words
    assert all(text in shown for text in ("王一禾", "3250", "39", "青霉素"))


BAD = [
    ("name", ""),
    ("sex", ""),
    ("birth_date", ""),
    ("birth_date", "2026-03-03"),  # tomorrow
    ("birth_date", "2007-01-01"),  # nineteen
    ("birth_weight_g", "3.2"),
    ("birth_weight_g", "3"),
    ("birth_weight_g", "9000"),
    ("gestation_weeks", "12"),
    ("certificate_no", "?"),
    ("identity_no", "11010519491231002"),  # 17 characters
    ("identity_no", "330106202502010019"),  # wrong check digit
]


# What the page does not let one enter, but may come all the same.
TAMPERED = [
    ("name", "x" * 61),
    ("sex", "robot"),
    ("birth_date", "yesterday"),
    ("allergies", "x" * 301),
    ("relation", "neighbour"),
]


@pytest.mark.parametrize(
    ("field", "value", "tampered"),
    [(*one, one == ("sex", "")) for one in BAD] + [(*one, True) for one in TAMPERED],
)
def test_bad_input_is_said_at_the_field_and_nothing_is_lost(client, field, value, tampered):
    form = client.sign_in(make_user()).page(NEW).form().fill(CHILD)

    answer = form.fill({field: value}, tampered=tampered).submit()

    assert answer.status == 422
    assert list(answer.errors) == [field]
    assert field == "name" or answer.form().fields["name"] == "王一禾"
    assert db.session.query(Child).count() == 0


def test_mistakes_are_counted_and_listed_first(client):
    answer = client.sign_in(make_user()).page(NEW).form().fill(name="王一禾").submit()
    assert answer.rows(".error-summary .strong") == ["有2处需要修改"]
    assert answer.values(".error-summary a", "href") == ["#sex", "#birth_date"]


def test_the_same_child_is_not_added_twice(client):
    client.sign_in(make_user())
    client.page(NEW).form().fill(CHILD).submit()
    assert list(client.page(NEW).form().fill(CHILD).submit().errors) == ["name"]


def test_numbers_of_identity_are_sealed_and_never_shown(client):
    form = client.sign_in(make_user()).page(NEW).form().fill(CHILD)
    form.fill(certificate_no="T330100123456").submit()
    child = db.session.query(Child).one()
    assert child.certificate_no == "T330100123456"
    raw = db.session.connection().exec_driver_sql("SELECT certificate_no FROM children").scalar()
    assert "330100" not in raw
    pages = client.get("/family").text + client.get(f"/family/children/{child.id}").text
    assert "T330100123456" not in pages


def test_another_familys_child_does_not_exist(client):
    child = make_child()
    client.sign_in(make_user())
    assert client.get(f"/family/children/{child.id}").status_code == 404
    assert client.post(f"/family/children/{child.id}", data=CHILD).status_code == 404


def keep_first_time(client):
    """The answer to the first free time that paediatrics offers."""
    page = client.page("/pediatrics/")
    return page.form(action="/pediatrics/holds").submit(page.values("[name=slot]", "value")[0])


def test_booking_needs_the_agreements(client):
    parent = make_user(consented=False)
    make_child(parent)
    make_slot(make_service())
    answer = keep_first_time(client.sign_in(parent))
    assert answer.location.startswith(f"{CONSENTS}?next=/pediatrics/")
    assert answer.follow().form().fill(privacy=True, children_under_14=True).submit().status == 303
    assert "/pediatrics/holds/" in keep_first_time(client).location


def test_who_withdraws_the_agreement_books_no_more_online(client):
    parent = make_user()
    make_child(parent)
    make_slot(make_service())
    client.sign_in(parent)
    withdrawn = client.page(CONSENTS).form().submit("withdraw").follow()
    assert keep_first_time(client).location.startswith(CONSENTS)
    half = withdrawn.form().fill(privacy=True).submit()
    assert list(half.errors) == ["children_under_14"]
    assert half.form().fields["privacy"] == "y"
    assert "withdraw" in half.form().fill(children_under_14=True).submit().follow().form().names


def test_a_choice_that_the_page_does_not_offer_is_refused_in_the_readers_language(client):
    form = client.sign_in(make_user()).page(NEW).form().fill(CHILD)
    answer = form.fill({"sex": "9", "relation": "9"}, tampered=True).submit()
    assert list(answer.errors) == ["sex", "relation"]
    assert not any(said.isascii() for said in answer.errors.values())
