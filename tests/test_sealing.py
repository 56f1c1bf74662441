"""What is sealed opens with the site's keys, in its own place, and nowhere else."""

import logging

import pytest
from cryptography.fernet import Fernet
from flask import current_app
from sqlalchemy import text

from clinic import sealing
from clinic.accounts import second_factor
from clinic.db import db
from clinic.families.models import Child
from clinic.sealing import CannotBeRead, seal, unseal
from tests.makes import NOON, make_child, make_user

PLACE = "children.identity_no:7"
NUMBER = "330106202502010011"
OLD, NEW = "an old key of 32 signs, by somebody", "a new key of 32 signs, by somebody else"


def use_keys(*field_keys, secret="test"):
    current_app.config["FIELD_KEYS"] = list(field_keys)
    current_app.config["SECRET_KEY"] = secret


@pytest.mark.usefixtures("app")
def test_what_is_sealed_opens_in_its_place_only():
    sealed = seal(NUMBER, PLACE)
    assert NUMBER not in sealed
    assert unseal(sealed, PLACE) == NUMBER
    with pytest.raises(CannotBeRead):
        unseal(sealed, "children.identity_no:8")


@pytest.mark.usefixtures("app")
@pytest.mark.parametrize(
    "broken",
    [
        "",
        "nonsense",
        "gAAAAA",
        pytest.param(Fernet(Fernet.generate_key()).encrypt(b"x").decode(), id="another key"),
    ],
)
def test_what_does_not_open_is_an_error(broken):
    with pytest.raises(CannotBeRead):
        unseal(broken, PLACE)


@pytest.mark.usefixtures("app")
def test_keys_are_brought_in_and_changed_without_a_gap():
    by_the_secret = seal(NUMBER, PLACE)
    use_keys(OLD)
    assert unseal(by_the_secret, PLACE) == NUMBER
    by_the_old = seal(NUMBER, PLACE)
    use_keys(NEW, OLD)
    assert unseal(by_the_old, PLACE) == NUMBER
    by_the_new = seal(NUMBER, PLACE)
    use_keys(NEW, secret="another")
    assert unseal(by_the_new, PLACE) == NUMBER
    for gone in (by_the_old, by_the_secret):
        with pytest.raises(CannotBeRead):
            unseal(gone, PLACE)


@pytest.mark.usefixtures("app")
def test_what_was_sealed_before_keys_were_told_apart_still_opens():
    before = sealing._old_key("test").encrypt(NUMBER.encode()).decode()
    use_keys(NEW)
    assert unseal(before, PLACE) == NUMBER


@pytest.fixture
def child(both):
    return make_child(identity_no=NUMBER, certificate_no="T330100123456")


def numbers_of(child):
    db.session.rollback()
    db.session.expire_all()
    return child.identity_no, child.certificate_no


def test_a_number_copied_to_another_child_does_not_open(child):
    other = make_child()
    copied = "UPDATE children SET identity_no = (SELECT identity_no FROM children WHERE id = :of)"
    db.session.execute(text(f"{copied} WHERE id = :to"), {"of": child.id, "to": other.id})
    db.session.commit()
    with pytest.raises(CannotBeRead):
        numbers_of(other)
    assert numbers_of(child)[0] == NUMBER


def reseal(app):
    return app.test_cli_runner().invoke(args=["keys", "reseal"])


def test_the_command_seals_all_numbers_with_the_first_key(both, child):
    make_child()
    use_keys(NEW)
    assert reseal(both).output == "Sealed anew: 2\n"
    use_keys(NEW, secret="another")
    assert numbers_of(child) == (NUMBER, "T330100123456")


def test_the_command_seals_the_secrets_of_second_factors(both):
    user = make_user()
    second_factor.begin(user, now=NOON)
    secret = second_factor.of_user(user.id).secret
    db.session.commit()
    use_keys(NEW)
    assert reseal(both).output == "Sealed anew: 1\n"
    use_keys(NEW, secret="another")
    db.session.expire_all()
    assert second_factor.of_user(user.id).secret == secret


def test_the_command_names_whom_it_cannot_read_and_leaves_the_number(both, child):
    use_keys(NEW, secret="another")
    other = make_child(identity_no=NUMBER)
    answer = reseal(both)
    assert answer.exit_code == 1
    assert f"Children: {child.id}" in answer.output
    assert numbers_of(other)[0] == NUMBER
    use_keys(NEW)
    assert numbers_of(child)[0] == NUMBER


def test_a_number_that_cannot_be_read_is_said_logged_and_not_lost(app, client, caplog):
    parent = make_user()
    child = make_child(parent, identity_no=NUMBER)
    use_keys(secret="another")
    client.sign_in(parent)
    with caplog.at_level(logging.ERROR, "clinic"):
        assert "暂时无法读取" in client.get("/family").text
    assert f"identity_no of child {child.id} cannot be read" in caplog.text
    page = client.page(f"/family/children/{child.id}")
    assert "暂时无法读取" in page.text
    assert page.form().fill(allergies="鸡蛋").submit().location == "/family"
    use_keys()
    assert numbers_of(child)[0] == NUMBER
    assert child.allergies == "鸡蛋"


def test_a_number_that_cannot_be_read_can_be_typed_again(app, client):
    parent = make_user()
    child = make_child(parent, identity_no=NUMBER)
    use_keys(secret="another")
    page = client.sign_in(parent).page(f"/family/children/{child.id}")
    assert page.form().fill(identity_no="330106202502010038").submit().status in (303, 422)
    assert db.session.query(Child).count() == 1
