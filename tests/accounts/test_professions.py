"""A clinician is something at a centre, and nobody else is."""

import pytest
from sqlalchemy.exc import IntegrityError

from clinic.accounts import sign_ins
from clinic.accounts.models import Held, Membership, Profession, Role
from clinic.db import broken_promise, db
from tests.makes import NOON, make_centre, make_user


@pytest.mark.parametrize(
    ("role", "profession"), [(Role.CLINICIAN, None), (Role.RECEPTION, Profession.DOCTOR)]
)
def test_the_database_refuses_a_clinician_without_and_others_with_one(both, role, profession):
    user, centre = make_user(), make_centre()
    db.session.add(
        Membership(user_id=user.id, role=role, centre_id=centre.id, profession=profession)
    )
    with pytest.raises(IntegrityError) as refused:
        db.session.flush()
    assert "ck_memberships_profession_by_role" in broken_promise(refused.value)
    db.session.rollback()


def test_who_is_signed_in_is_something_at_each_centre(app):
    centre, other = make_centre(), make_centre()
    user = make_user(Role.CLINICIAN, centre=centre, profession=Profession.SPEECH_THERAPIST)
    user.memberships.append(
        Membership(role=Role.CLINICIAN, centre_id=other.id, profession=Profession.NURSE)
    )
    key = sign_ins.begin(user, browser="", now=NOON)
    db.session.commit()
    db.session.expunge_all()
    assert sign_ins.who_has(key, now=NOON).held == {
        Held(Role.CLINICIAN, centre.id, Profession.SPEECH_THERAPIST),
        Held(Role.CLINICIAN, other.id, Profession.NURSE),
    }
