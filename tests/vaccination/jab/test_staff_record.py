"""Staff verify and take back what is in a booklet, and record what is true of a child."""

from datetime import date

import pytest

from clinic.accounts.models import Profession, Role
from clinic.db import db
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import ChildCondition, Immunization, Source
from clinic.vaccination.record.rules import Entry
from tests.makes import NOON, make_appointment, make_centre, make_child, make_user

pytestmark = pytest.mark.usefixtures("noon")


@pytest.fixture
def visit(app, client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return make_appointment()


@pytest.fixture
def nurse(visit):
    return make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=visit.centre)


@pytest.fixture
def page(visit):
    return f"/vaccination/visits/{visit.id}/record"


def given(child, vaccine="BCG", on=None):
    entry = Entry(vaccine, on or child.birth_date, 1)
    by = child.guardianships[0].user
    (row,) = recording.record(child, [entry], by=by, source=Source.BOOKLET, now=NOON)
    db.session.commit()
    return row


def test_what_the_nurse_has_seen_is_verified(client, visit, nurse, page):
    row = given(visit.child)
    assert "not verified yet" in client.sign_in(nurse).get(page).text
    for _ in range(2):
        assert client.post(page, data={"deed": f"verify:{row.id}"}).location == page
    found = db.session.get_one(Immunization, row.id)
    assert (found.verified_at, found.verified_by_id) == (NOON, nurse.id)


def test_all_that_was_shown_is_verified_at_once_and_nothing_else(client, visit, nurse, page):
    first = given(visit.child)
    second = given(visit.child, "HepB", visit.child.birth_date)
    shown = client.sign_in(nurse).page(page)
    db.session.rollback()
    late = given(visit.child, "IPV", date(2025, 4, 1))
    answer = shown.form(holding="All 2 seen in the booklet").submit()
    assert answer.location == page
    db.session.expire_all()
    assert [immunization.verified_by_id for immunization in (first, second, late)] == [
        nurse.id,
        nurse.id,
        None,
    ]
    assert "All " not in client.get(page).text  # one is left
    db.session.rollback()
    stranger = given(make_child())
    theirs = shown.form(holding="All 2").fill({"row": [late.id, stranger.id]}, tampered=True)
    assert theirs.submit().status == 404
    db.session.rollback()
    assert (late.verified_at, stranger.verified_at) == (None, None)


def test_taking_back_needs_a_reason(client, visit, nurse, page):
    row = given(visit.child)
    deed = {"deed": f"void:{row.id}"}
    client.sign_in(nurse)
    for reason in ("", " ", "x" * 121):
        answer = client.post(page, data=deed | {f"reason-{row.id}": reason})
        assert answer.status_code == 422
        assert f'id="reason-{row.id}-error"' in answer.text
    assert len(recording.history_of(visit.child_id)) == 1
    client.post(page, data=deed | {f"reason-{row.id}": "another child's page"})
    assert recording.history_of(visit.child_id) == []


@pytest.mark.parametrize("deed", ["verify", "void", "end"])
def test_rows_of_other_children_are_not_found(client, nurse, page, deed):
    row = given(make_child())
    data = {"deed": f"{deed}:{row.id}", f"reason-{row.id}": "mine now"}
    assert client.sign_in(nurse).post(page, data=data).status_code == 404
    found = db.session.get_one(Immunization, row.id)
    assert (found.verified_at, found.voided_at) == (None, None)


@pytest.mark.parametrize(
    ("data", "bad"),
    [
        ({"deed": "add"}, "code"),
        ({"deed": "add", "code": "tall"}, "code"),
        ({"deed": "add", "code": "immunoglobulin"}, "on"),
        ({"deed": "add", "code": "immunoglobulin", "on": "2026-03-03"}, "on"),
        ({"deed": "add", "code": "preterm", "on": "2025-01-31"}, "on"),
        ({"deed": "dance"}, "record"),
        ({}, "record"),
    ],
)
def test_what_is_not_right_is_not_recorded(client, nurse, page, data, bad):
    answer = client.sign_in(nurse).post(page, data=data)
    assert answer.status_code == 422
    assert f'href="#{bad}"' in answer.text
    assert db.session.query(ChildCondition).count() == 0


def test_a_condition_is_recorded_and_ended(client, visit, nurse, page):
    client.sign_in(nurse)
    client.post(page, data={"deed": "add", "code": "immunoglobulin", "on": "2026-02-01"})
    (row,) = db.session.query(ChildCondition).all()
    assert (row.child_id, row.on, row.ended_at) == (visit.child_id, date(2026, 2, 1), None)
    assert "Had immunoglobulin" in client.get(page).text
    client.post(page, data={"deed": f"end:{row.id}"})
    assert db.session.get_one(ChildCondition, row.id).ended_by_id == nurse.id


def test_only_at_the_centre_of_a_visit(client, visit, page):
    other = make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
    assert client.sign_in(other).get(page).status_code == 404
    assert client.post(page, data={"deed": "add", "code": "preterm"}).status_code == 404
