"""A family's children and guardians."""

from datetime import date
from threading import Thread

import pytest
from sqlalchemy import event, select, text

from clinic.db import db
from clinic.families.models import Child, Relation, Sex
from clinic.families.pinyin import masked_name
from tests.makes import make_child, make_guardianship, make_service, make_slot, make_user

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


BORN_LATER = {"birth_date": "2025-02-02"}
ITS_NUMBER = {"identity_no": "330106202502020016"}  # of that day


def test_a_birth_date_that_its_number_contradicts_is_refused_until_both_are_corrected(edited):
    child, page = edited
    page.form().fill(identity_no="330106202502010010").submit()

    refused = page.client.page(page.address).form().fill(BORN_LATER).submit()
    assert (refused.status, list(refused.errors)) == (422, ["birth_date"])
    assert refused.form().fields["birth_date"] == BORN_LATER["birth_date"]
    assert child.birth_date == date(2025, 2, 1)

    assert refused.form().fill(BORN_LATER | ITS_NUMBER).submit().location == "/family"
    assert (child.birth_date, child.identity_no) == (date(2025, 2, 2), ITS_NUMBER["identity_no"])


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
    assert "目前记录为：青霉素、花生" in again.one("#allergies-hint").text()
    assert not again.tree.css("#name-hint")  # the same in both
    assert again.form().submit().location == "/family"
    assert child.allergies == "鸡蛋"


@pytest.fixture
def postgresql(sites):
    """The site on PostgreSQL: on SQLite nobody can save between a form's look and its change."""
    yield from sites.fresh("postgresql")


def test_another_guardian_saves_between_the_look_and_the_change(postgresql):
    mother = make_user()
    address = f"/family/children/{make_child(mother, allergies='青霉素').id}"
    form = postgresql.test_client().sign_in(mother).page(address).form()
    db.session.expunge_all()  # the request loads the child anew
    engine = db.engine

    def save():
        with engine.begin() as theirs:
            theirs.execute(text("UPDATE children SET allergies = '花生', version = version + 1"))

    def save_first(_child, _context):
        other = Thread(target=save)  # outside of this request
        other.start()
        other.join()

    event.listen(Child, "load", save_first, once=True)
    answer = form.fill(allergies="鸡蛋").submit()
    assert answer.status == 409
    assert answer.form().fields["allergies"] == "鸡蛋"
    assert "花生" in answer.one("#allergies-hint").text()
    assert answer.form().submit().location == "/family"
    assert db.session.scalar(select(Child.allergies)) == "鸡蛋"


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
