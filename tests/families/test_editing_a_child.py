"""A child's page is edited: what was sealed stays, and two who edit at once see each other."""

from datetime import date
from threading import Thread

import pytest
from sqlalchemy import event, select, text

from clinic.db import db
from clinic.families.models import Child, Relation
from tests.makes import make_child, make_guardianship, make_user

pytestmark = pytest.mark.usefixtures("noon")


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
