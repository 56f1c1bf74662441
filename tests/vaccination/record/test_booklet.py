"""A parent enters the paper booklet."""

from datetime import date

import pytest

from clinic.accounts.models import Profession, Role
from clinic.audit.trail import AuditEvent
from clinic.db import db
from clinic.families.models import Sex
from clinic.vaccination.record import recording
from clinic.vaccination.record.models import Immunization, Source
from clinic.vaccination.record.rules import Entry
from tests.makes import NOON, make_centre, make_child, make_guardianship, make_user

pytestmark = pytest.mark.usefixtures("noon")


def page_of(child):
    return f"/vaccination/children/{child.id}/booklet"


def given(child, by, *entries, source=Source.BOOKLET):
    return recording.record(child, entries, by=by, source=source, now=NOON)


@pytest.fixture(autouse=True)
def english(client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"


@pytest.fixture
def parent(app):
    return make_user()


@pytest.fixture
def child(parent):
    return make_child(parent, birth_date=date(2025, 2, 1), sex=Sex.FEMALE)


def test_days_are_saved_and_shown_without_a_field(client, parent, child):
    page = page_of(child)
    answer = client.sign_in(parent).post(page, data={"BCG-1": "2025-02-01", "HepB-2": "2025-03-01"})
    assert answer.location == page
    assert {immunization.vaccine for immunization in recording.history_of(child.id)} == {
        "BCG",
        "HepB",
    }
    shown = " ".join(client.get(page).text.split())
    assert shown.count("entered by you · not verified yet") == 2
    assert 'name="BCG-1"' not in shown
    assert 'name="HepB-3"' in shown


@pytest.mark.parametrize("day", ["yesterday", "2025-01-31", "2026-03-03"])
def test_a_bad_day_is_said_at_its_field_and_nothing_is_half_saved(client, parent, child, day):
    page = page_of(child)
    answer = client.sign_in(parent).post(page, data={"BCG-1": "2025-02-01", "HepB-2": day})
    assert answer.status_code == 422
    assert 'id="HepB-2-error"' in answer.text
    assert 'value="2025-02-01"' in answer.text
    assert db.session.query(Immunization).count() == 0


def test_the_same_day_in_two_fields_is_said_at_the_second(client, parent, child):
    days = {"HepB-1": "2025-02-01", "HepB-2": "2025-02-01"}
    answer = client.sign_in(parent).post(page_of(child), data=days)
    assert answer.status_code == 422
    assert 'id="HepB-2-error"' in answer.text
    assert 'id="HepB-1-error"' not in answer.text


@pytest.mark.parametrize(
    ("day", "sentence"),
    [
        ("2025-02-01", "This vaccine is recorded for that day already."),
        ("2025-02-02", "This dose is recorded already."),
    ],
)
def test_a_page_that_is_out_of_date_says_what_was_recorded_meanwhile(
    client, parent, child, day, sentence
):
    given(child, parent, Entry("BCG", date(2025, 2, 1), 1))
    page = page_of(child)
    answer = client.sign_in(parent).post(page, data={"BCG-1": day})
    assert answer.status_code == 422
    assert f'id="BCG-1" tabindex="-1">{sentence}' in answer.text


@pytest.mark.parametrize("data", [{}, {"BCG-1": "  "}, {"tea-1": "2025-02-01"}])
def test_an_empty_form_is_not_saved(client, parent, child, data):
    answer = client.sign_in(parent).post(page_of(child), data=data)
    assert answer.status_code == 422
    assert "Nothing was entered" in answer.text


@pytest.mark.parametrize(("typed", "day"), [("", "2025-03-01"), ("2025-03-09", "2025-03-09")])
def test_the_usual_day_fills_in_and_a_typed_one_wins(client, parent, child, typed, day):
    client.sign_in(parent).post(page_of(child), data={"HepB-2-usual": "1", "HepB-2": typed})
    (row,) = recording.history_of(child.id)
    assert (row.dose_number, row.given_on) == (2, date.fromisoformat(day))


@pytest.mark.parametrize(
    ("name", "day", "sentence"),
    [
        ("MMR-1", "2025-09-30", "too early and may not count; the centre will check: from 8 mon"),
        ("MMR-1", "2025-10-01", None),
        ("EV71-1", "2025-07-31", "too early and may not count; the centre will check: from 6 mon"),
        ("RV5-1", "2025-09-13", "too late and may not count"),  # 32 weeks
        ("RV5-1", "2025-09-12", None),
    ],
)
def test_a_dose_outside_its_ages_is_kept_with_a_warning(client, parent, child, name, day, sentence):
    page = page_of(child)
    assert client.sign_in(parent).post(page, data={name: day}).status_code == 303
    text = client.get(page).text
    assert (sentence in text) if sentence else ("may not count" not in text)


def test_a_family_takes_back_what_it_entered(client, parent, child):
    (row,) = given(child, parent, Entry("BCG", date(2025, 2, 1), 1))
    other = make_user()
    make_guardianship(other, child)
    client.sign_in(other)
    assert "entered by another guardian" in client.get(page_of(child)).text
    address = f"/vaccination/children/{child.id}/immunizations/{row.id}/removal"
    assert client.post(address).location == page_of(child)
    assert recording.history_of(child.id) == []
    (voided,) = db.session.query(Immunization).all()
    assert (voided.voided_by_id, voided.void_reason) == (other.id, "entered by mistake")
    deeds = [
        audit_event.action for audit_event in db.session.query(AuditEvent).order_by(AuditEvent.id)
    ]
    assert deeds[-1] == "voided"
    assert client.post(address).location == page_of(child)  # pressed again: it is removed
    assert db.session.query(AuditEvent).filter_by(action="voided").count() == 1


def test_what_was_typed_stays_when_a_dose_is_removed(client, parent, child):
    given(child, parent, Entry("BCG", date(2025, 2, 1), 1))
    form = client.sign_in(parent).page(page_of(child)).form("booklet")
    shown = form.fill({"HepB-2": "2025-03-01"}).submit("Remove")
    assert recording.history_of(child.id) == []
    assert shown.form("booklet").fields["HepB-2"] == "2025-03-01"


def test_enter_in_a_field_removes_nothing(client, parent, child):
    given(child, parent, Entry("BCG", date(2025, 2, 1), 1))
    page = client.sign_in(parent).page(page_of(child))
    first = page.tree.css_first("#booklet button")  # a browser presses it for Enter
    assert "formaction" not in first.attributes


@pytest.mark.parametrize(
    ("source", "is_verified"),
    [(Source.BOOKLET, True), (Source.HERE, False), (Source.STAFF, False), (Source.IMPORT, True)],
)
def test_what_the_centre_entered_or_verified_stays(client, parent, child, source, is_verified):
    nurse = make_user(Role.CLINICIAN, profession=Profession.VACCINATOR, centre=make_centre())
    (row,) = given(child, nurse, Entry("BCG", date(2025, 2, 1), 1), source=source)
    if is_verified:
        recording.verify(row, by=nurse, now=NOON)
    address = f"/vaccination/children/{child.id}/immunizations/{row.id}/removal"
    answer = client.sign_in(parent).post(address)
    assert answer.status_code == 422
    assert "Please ask the centre to change it." in answer.text
    assert f"removal-{row.id}" not in answer.text
    assert len(recording.history_of(child.id)) == 1


def test_a_stranger_finds_nothing_and_removes_nothing(client, parent, child):
    (row,) = given(child, parent, Entry("BCG", date(2025, 2, 1), 1))
    stranger = make_user()
    theirs = make_child(stranger)
    client.sign_in(stranger)
    assert client.get(page_of(child)).status_code == 404
    for one in (child, theirs):
        address = f"/vaccination/children/{one.id}/immunizations/{row.id}/removal"
        assert client.post(address).status_code == 404
    assert len(recording.history_of(child.id)) == 1
