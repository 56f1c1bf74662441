"""What fails is logged without the people it is about."""

import traceback

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from clinic.db import db
from tests.makes import make_child, make_user

NAME, PHONE = "欧阳小满", "+8613912345678"


def told(error):
    return "".join(traceback.format_exception(error))


def test_a_statement_that_fails_tells_nothing_of_its_rows(both):
    make_user(name=NAME, phone=PHONE)
    with pytest.raises(DBAPIError) as failed:
        make_user(name=NAME, phone=PHONE)
    assert PHONE not in told(failed.value)
    assert NAME not in told(failed.value)


def test_many_rows_that_fail_tell_nothing(both):
    rows = [{"name": NAME, "phone": PHONE, "now": "2026-03-02 00:00:00"}] * 2
    insert = "INSERT INTO users (name, phone, epoch, created_at) VALUES (:name, :phone, NULL, :now)"
    with pytest.raises(DBAPIError) as failed:
        db.session.execute(text(insert), rows)
    assert PHONE not in told(failed.value)
    assert NAME not in told(failed.value)


def test_a_page_that_fails_logs_no_child(both, caplog):
    parent = make_user()
    make_child(parent)
    client = both.test_client().sign_in(parent)
    form = client.page("/family/children/new").form()
    db.session.execute(text("ALTER TABLE children RENAME COLUMN allergies TO gone"))
    db.session.commit()
    both.config["TESTING"] = False  # else what fails is raised
    answer = form.fill(
        name=NAME, sex="female", birth_date="2025-02-01", relation="mother", allergies="青霉素"
    ).submit()
    assert answer.status == 500
    assert "unhandled" in caplog.text
    for word in (NAME, "青霉素", "2025-02-01", "王一禾"):
        assert word not in caplog.text


def test_a_secret_in_an_address_is_not_logged(app, client, caplog):
    client.sign_in(make_user())
    db.session.execute(text("ALTER TABLE invitations RENAME TO gone"))
    db.session.commit()
    app.config["TESTING"] = False
    assert client.get("/family/invitations/a-secret-token").status_code == 500
    assert "a-secret-token" not in caplog.text
    assert "families.invitation" in caplog.text
