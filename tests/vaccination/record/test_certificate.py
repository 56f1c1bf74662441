"""A certificate is printed by a guardian and checked by staff."""

from datetime import date

import pytest

from clinic.accounts.models import Role
from clinic.audit.trail import AuditEvent
from clinic.db import db
from clinic.vaccination.record import recording
from clinic.vaccination.record.certificate import (
    Printed,
    digest,
    read,
    sign,
)
from clinic.vaccination.record.models import Source
from clinic.vaccination.record.rules import Entry
from tests.makes import NOON, make_centre, make_child, make_user

pytestmark = pytest.mark.usefixtures("noon")
BCG, MMR = Entry("BCG", date(2025, 2, 1), 1), Entry("MMR", date(2025, 10, 9), 1)


@pytest.fixture
def parent(app, client):
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return make_user()


@pytest.fixture
def child(parent):
    return make_child(parent)


def give(child, *entries):
    recording.record(
        child, entries, by=child.guardianships[0].user, source=Source.BOOKLET, now=NOON
    )


def token_of(child):
    rows = recording.history_of(child.id)
    return sign(Printed(child.id, NOON.date(), digest(rows)))


@pytest.fixture
def desk(app):
    return make_user(Role.RECEPTION, centre=make_centre())


def test_it_shows_every_dose_in_both_languages_and_a_code(client, parent, child):
    give(child, BCG, MMR)
    page = client.sign_in(parent).get(f"/vaccination/children/{child.id}/certificate").text
    for text in ("卡介苗", "BCG", "麻腮风疫苗", "Measles, mumps, rubella (live)", "2025-10-09"):
        assert text in page
    assert page.count("entered, not checked") == 2
    assert 'class="qr"' in page


def test_strangers_get_none(client, child):
    page = f"/vaccination/children/{child.id}/certificate"
    assert client.sign_in(make_user()).get(page).status_code == 404


def test_staff_check_it_and_the_look_is_written_down(client, child, desk):
    give(child, BCG)
    address = f"/vaccination/certificates/{token_of(child)}"
    page = client.sign_in(desk).get(address).text
    assert "Genuine: the record is as it was printed on Monday 2 March 2026." in page
    assert child.name in page
    db.session.rollback()  # it is written after the answer, by another connection
    (look,) = db.session.query(AuditEvent).filter_by(action="read").all()
    assert (look.subject, look.subject_id, look.actor_id) == ("children", child.id, desk.id)


def test_a_record_that_changed_since_is_said(client, child, desk):
    give(child, BCG)
    address = f"/vaccination/certificates/{token_of(child)}"
    give(child, MMR)
    assert "the record has changed since" in client.sign_in(desk).get(address).text


def test_a_forged_one_is_said_and_names_nobody(client, child, desk):
    token = token_of(child)
    for forged in (token[:-1] + ("A" if token[-1] != "A" else "B"), "no-token", sign_like(token)):
        answer = client.sign_in(desk).get(f"/vaccination/certificates/{forged}")
        assert answer.status_code == 422
        assert "This is not a certificate of ours" in answer.text
        assert child.name not in answer.text


def sign_like(token):
    """The signature of another content."""
    return f"WzEsIjIwMjYtMDMtMDIiLCJ4Il0.{token.rpartition('.')[2]}"


def test_parents_do_not_check(client, parent, child):
    address = f"/vaccination/certificates/{token_of(child)}"
    assert client.sign_in(parent).get(address).status_code == 403


def test_a_token_gives_back_what_was_signed_and_no_name(child):
    token = token_of(child)
    assert read(token) == Printed(child.id, NOON.date(), digest([]))
    assert child.name not in token
