"""A parent enters the paper booklet."""

import pytest

from clinic.db import db
from clinic.vaccination.models import Immunization
from tests.makes import make_child, make_user

pytestmark = pytest.mark.usefixtures("noon")


def page_of(child):
    return f"/vaccination/children/{child.id}/booklet"


def test_days_are_saved_and_shown(client):
    user = make_user()
    page = page_of(make_child(user))
    answer = client.sign_in(user).post(page, data={"BCG-1": "2025-02-01", "HepB-2": "2025-03-01"})
    assert answer.location == page
    assert db.session.query(Immunization).count() == 2
    shown = client.get(page).text
    assert shown.count("尚未核实") == 2


@pytest.mark.parametrize("day", ["yesterday", "2025-01-31", "2026-03-03"])
def test_a_bad_day_is_said_at_its_field_and_nothing_is_half_saved(client, day):
    user = make_user()
    page = page_of(make_child(user))
    answer = client.sign_in(user).post(page, data={"BCG-1": "2025-02-01", "HepB-2": day})
    assert answer.status_code == 422
    assert 'id="HepB-2-error"' in answer.text
    assert 'value="2025-02-01"' in answer.text
    assert db.session.query(Immunization).count() == 0


def test_a_stranger_finds_nothing(client):
    page = page_of(make_child())
    assert client.sign_in(make_user()).get(page).status_code == 404
