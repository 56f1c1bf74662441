"""Who may see and do what: the table, the pages that ask for it, and what it promises."""

import pytest

from clinic.accounts import rights
from clinic.accounts.models import Membership, Profession, Role
from clinic.accounts.rights import DUTIES, TABLE, Deed, Duty
from clinic.config import ROOT
from clinic.db import db
from tests.makes import make_centre, make_user
from tests.rights_as_text import table_as_text

D, V, N = Profession.DOCTOR, Profession.VACCINATOR, Profession.NURSE
PT, DESK, MANAGER = Profession.PHYSICAL_THERAPIST, Role.RECEPTION, Role.MANAGER


def test_every_deed_has_its_row_and_every_row_somebody():
    assert TABLE.keys() == set(Deed)
    assert all(right.duties and right.duties <= set(DUTIES) for right in TABLE.values())
    assert not any(right.all & right.own for right in TABLE.values())


# What must not come true by a slip in the table.
@pytest.mark.parametrize(
    ("deed", "duty", "may"),
    [
        (Deed.READ_RECORD, PT, False),
        (Deed.CORRECT_IMMUNIZATIONS, PT, False),
        (Deed.CORRECT_IMMUNIZATIONS, D, False),
        (Deed.CORRECT_IMMUNIZATIONS, V, True),
        (Deed.IMMUNIZE, N, False),
        (Deed.READ_CHECKS, DESK, False),
        (Deed.READ_CHECKS, MANAGER, False),
        (Deed.READ_CHECKS, V, False),
        (Deed.WRITE_CHECKS, D, True),
        (Deed.READ_ALL_NOTES, PT, False),
        (Deed.SEE_CONTACTS, D, False),
        (Deed.SEE_CONTACTS, DESK, True),
        (Deed.MANAGE_PEOPLE, D, False),
        (Deed.PLAN_HOURS, Role.ADMIN, False),
    ],
)
def test_who_may(deed: Deed, duty: Duty, may: bool):
    assert (duty in TABLE[deed].duties) is may


def test_a_right_is_held_at_the_centre_of_the_profession(app):
    here, there = make_centre(), make_centre()
    user = make_user(Role.CLINICIAN, centre=here, profession=V)
    user.memberships.append(Membership(role=Role.CLINICIAN, centre_id=there.id, profession=D))
    db.session.commit()
    assert rights.centres_for(user, Deed.IMMUNIZE) == {here.id}
    assert rights.centres_for(user, Deed.READ_RECORD) == {here.id, there.id}
    assert rights.may(user, Deed.IMMUNIZE, here.id)
    assert not rights.may(user, Deed.IMMUNIZE, there.id)
    assert rights.profession_at(user, there.id) is D


def test_every_page_of_a_deed_lets_in_those_whom_the_table_names(app):
    for endpoint, view in app.view_functions.items():
        for deed in getattr(view, "deeds", ()):
            assert TABLE[deed].duties <= view.allowed_duties, endpoint


def test_the_document_says_the_table():
    """To write it anew: python -m tests.rights_as_text"""
    assert table_as_text() in (ROOT / "docs" / "rights.md").read_text("utf-8")


@pytest.mark.parametrize("duty", DUTIES)
def test_the_page_shows_everybody_their_own_rights(client, duty):
    role = rights.role_of(duty)
    profession = duty if isinstance(duty, Profession) else D
    client.sign_in(make_user(role, centre=make_centre(), profession=profession))
    page = client.page("/who-may-do-what")
    theirs = [right for right in TABLE.values() if duty in right.duties]
    assert len(page.tree.css("#theirs ~ ul li")) == len(theirs)
    column = 1 + DUTIES.index(duty)
    ticked = [row for row in page.tree.css("table tbody tr") if _cell(row, column) != "否"]
    assert len(ticked) == len(theirs)


def _cell(row, column):
    return row.css("th, td")[column].text(strip=True)


def test_the_page_is_not_for_families(client):
    assert client.sign_in(make_user()).get("/who-may-do-what").status_code == 403
