"""A family's children and guardians."""

import re
from datetime import date

import pytest

from clinic.db import db
from clinic.families.models import Child, Relation, Sex
from clinic.families.pinyin import masked_name
from tests.makes import make_child, make_guardianship, make_service, make_slot, make_user

pytestmark = pytest.mark.usefixtures("noon")
CHILD = {"name": "王一禾", "sex": "female", "birth_date": "2025-02-01", "relation": "mother"}


def test_a_child_is_added_and_shown(client):
    client.sign_in(make_user())
    more = {"birth_weight_g": "3250", "gestation_weeks": "39", "allergies": "青霉素"}
    assert client.post("/family/children/new", data=CHILD | more).location == "/family"
    page = client.get("/family").text
    assert all(text in page for text in ("王一禾", "3250", "39", "青霉素"))


BAD = [
    ("name", ""),
    ("name", "x" * 61),
    ("sex", ""),
    ("sex", "robot"),
    ("birth_date", ""),
    ("birth_date", "yesterday"),
    ("birth_date", "2026-03-03"),  # tomorrow
    ("birth_date", "2007-01-01"),  # nineteen
    ("birth_weight_g", "3.2"),
    ("birth_weight_g", "3"),
    ("birth_weight_g", "9000"),
    ("gestation_weeks", "12"),
    ("allergies", "x" * 301),
    ("certificate_no", "?"),
    ("identity_no", "11010519491231002"),  # 17 characters
    ("identity_no", "330106202502010019"),  # wrong check digit
    ("relation", "neighbour"),
]


@pytest.mark.parametrize(("field", "value"), BAD)
def test_bad_input_is_said_at_the_field_and_nothing_is_lost(client, field, value):
    client.sign_in(make_user())

    answer = client.post("/family/children/new", data=CHILD | {field: value})

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert field == "name" or 'value="王一禾"' in answer.text
    assert db.session.query(Child).count() == 0


def test_mistakes_are_counted_and_listed_first(client):
    client.sign_in(make_user())
    page = client.post("/family/children/new", data={"name": "王一禾", "relation": "mother"}).text
    assert "有2处需要修改" in page
    assert 'href="#sex"' in page


def test_the_same_child_is_not_added_twice(client):
    client.sign_in(make_user())
    client.post("/family/children/new", data=CHILD)
    assert client.post("/family/children/new", data=CHILD).status_code == 422


def test_numbers_of_identity_are_sealed_and_never_shown(client):
    client.sign_in(make_user())
    client.post("/family/children/new", data=CHILD | {"certificate_no": "T330100123456"})
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


def test_a_second_guardian_sees_the_children_until_revoked(app, client):
    mother, father = make_user(), make_user(name="李强")
    make_child(mother)
    client.sign_in(mother)
    page = client.post("/family/invitations", data={"relation": "father"}).text
    link = re.search(r'value="https?://[^/]+(/family/invitations/[^"]+)"', page).group(1)
    other = app.test_client().sign_in(father)
    assert "王*" in other.get(link).text

    assert other.post(link, data={"relation": "father"}).location == "/family"
    assert "王一禾" in other.get("/family").text
    assert other.get(link).status_code == 404  # used

    revocation = re.search(r"/family/guardianships/\d+/revocation", client.get("/family").text)
    client.post(revocation.group())
    assert "王一禾" not in other.get("/family").text


def test_the_second_guardian_cannot_remove_the_first(app, client):
    mother, father = make_user(), make_user()
    child = make_child(mother)
    make_guardianship(father, child)
    first = next(one.id for one in child.guardianships if one.is_first)
    answer = client.sign_in(father).post(f"/family/guardianships/{first}/revocation")
    assert answer.status_code == 409
    assert "王一禾" in app.test_client().sign_in(mother).get("/family").text


def test_booking_needs_the_agreements(client):
    parent = make_user(consented=False)
    service = make_service()
    data = {"child": make_child(parent).id, "service": service.id, "slot": make_slot(service).id}
    answer = client.sign_in(parent).post("/pediatrics/holds", data=data)
    assert answer.location == "/family/consents"
    client.post("/family/consents", data={"privacy": "y", "children_under_14": "y"})
    assert "/pediatrics/holds/" in client.post("/pediatrics/holds", data=data).location


@pytest.fixture
def edited(client):
    """A child with all that is known of one, and the page that edits it."""
    parent = make_user()
    child = make_child(
        parent,
        allergies="青霉素",
        birth_weight_g=3250,
        gestation_weeks=39,
        certificate_no="T330100123456",
        identity_no="330106202502010011",
    )
    return child, client.sign_in(parent).page(f"/family/children/{child.id}")


def facts_of(child):
    db.session.rollback()
    return {column.key: getattr(child, column.key) for column in child.__mapper__.columns}


def test_a_child_that_is_saved_unchanged_stays_as_it_was(edited):
    child, page = edited
    before = facts_of(child)
    assert page.form().submit().location == "/family"
    assert facts_of(child) | {"version": 0} == before | {"version": 0}


def test_editing_keeps_the_sealed_numbers_that_are_left_empty(edited):
    child, page = edited
    assert page.form().fields["name"] == "王一禾"

    assert page.form().fill(name="王一麦", certificate_no="").submit().location == "/family"

    assert child.name == "王一麦"
    assert child.name_pinyin.endswith("yi mai")
    assert child.certificate_no == "T330100123456"


def test_two_guardians_edit_at_once_and_nothing_is_overwritten_unseen(app, edited):
    child, mothers = edited
    father = make_user(name="李强")
    make_guardianship(father, child, relation=Relation.FATHER)
    fathers = app.test_client().sign_in(father).page(mothers.address)
    mothers.form().fill(allergies="青霉素、花生").submit()

    again = fathers.form().fill(allergies="鸡蛋").submit()

    assert again.status == 409
    assert again.form().fields["allergies"] == "鸡蛋"
    assert child.allergies == "青霉素、花生"
    assert again.form().submit().location == "/family"
    assert child.allergies == "鸡蛋"


def test_an_invitation_is_withdrawn(app, client):
    parent = make_user()
    make_child(parent)
    client.sign_in(parent)
    page = client.post("/family/invitations", data={"relation": "father"}).text
    link = re.search(r'value="https?://[^/]+(/family/invitations/[^"]+)"', page).group(1)
    withdrawal = re.search(r"/family/invitations/\d+/withdrawal", client.get("/family").text)
    other = app.test_client().sign_in(make_user())
    assert other.post(withdrawal.group()).status_code == 404

    client.post(withdrawal.group())

    assert other.get(link).status_code == 404


def test_an_invitation_tells_siblings_apart_and_no_name(app, client):
    parent = make_user()
    make_child(parent, name="李一禾")
    make_child(parent, name="李一麦", sex=Sex.MALE, birth_date=date(2022, 1, 31))
    page = client.sign_in(parent).post("/family/invitations", data={"relation": "father"}).text
    link = re.search(r'value="https?://[^/]+(/family/invitations/[^"]+)"', page).group(1)
    shown = app.test_client().sign_in(make_user()).get(link).text
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
    client.sign_in(parent)
    page = client.post("/family/invitations", data={"relation": "father"}).text
    link = re.search(r'value="https?://[^/]+(/family/invitations/[^"]+)"', page).group(1)
    assert client.post(link, data={"relation": "father"}).status_code == 422


def test_who_withdraws_the_agreement_books_no_more_online(client):
    parent = make_user()
    service = make_service()
    data = {"child": make_child(parent).id, "service": service.id, "slot": make_slot(service).id}
    client.sign_in(parent)
    client.post("/family/consents", data={"withdraw": "1"})
    assert client.post("/pediatrics/holds", data=data).location == "/family/consents"
    assert client.post("/family/consents", data={"privacy": "y"}).status_code == 422
