"""What families do to their record is written down: who did what to which row, and nothing for nothing."""

from datetime import timedelta

import pytest

from clinic.audit import AuditEvent
from clinic.db import db
from clinic.families import registering
from clinic.families.models import Consent, ConsentKind, Guardianship, Relation, Sex
from tests.makes import NOON, make_child, make_guardianship, make_user

LATER = NOON + timedelta(minutes=5)
BY_HAND = {"name": "王一禾", "sex": Sex.FEMALE, "relation": Relation.MOTHER}


def registers(mother, child):
    facts = BY_HAND | {"birth_date": child.birth_date, "guardian": mother}
    return registering.register_child(**facts, by=mother, now=LATER)


def corrects(mother, child):
    registering.change_child(child, by=mother, now=LATER, name="王小禾", allergies="")
    return child


def invites(mother, child):
    return registering.invite(relation=Relation.FATHER, by=mother, now=LATER)[0]


def withdraws_the_link(mother, child):
    invitation, _ = registering.invite(relation=Relation.FATHER, by=mother, now=NOON)
    registering.withdraw_invitation(invitation, by=mother, now=LATER)
    return invitation


def accepts(mother, child):
    first = child.guardianships[0].user
    invitation, _ = registering.invite(relation=Relation.OTHER, by=first, now=NOON)
    registering.accept(invitation, by=mother, now=LATER)
    return db.session.query(Guardianship).filter_by(user_id=mother.id).one()


def leaves(mother, child):
    row = make_guardianship(mother, child)
    registering.revoke(row, by=mother, now=LATER)
    return row


def agrees(mother, child, given=True):
    registering.record_consents(
        mother, [ConsentKind.PRIVACY], language="zh", by=mother, now=LATER, given=given
    )
    return db.session.query(Consent).order_by(Consent.id.desc()).first()


def withdraws_agreement(mother, child):
    return agrees(mother, child, given=False)


VERBS = {
    registers: ("register", {}),
    corrects: ("change", {"fields": ["name"]}),
    invites: ("invite", {}),
    withdraws_the_link: ("withdraw_invitation", {}),
    accepts: ("accept", {}),
    leaves: ("revoke", {}),
    agrees: ("consent", {"kind": "privacy"}),
    withdraws_agreement: ("withdraw_consent", {"kind": "privacy"}),
}


def events():
    db.session.flush()
    return db.session.query(AuditEvent).filter_by(at=LATER).order_by(AuditEvent.id).all()


@pytest.mark.parametrize("verb", VERBS, ids=lambda verb: verb.__name__)
def test_each_verb_leaves_one_event(both, verb):
    mother = make_user()
    row = verb(mother, make_child())
    action, details = VERBS[verb]
    (event,) = events()
    assert (event.action, event.actor_id, event.subject_id) == (action, mother.id, row.id)
    assert {key: event.details.get(key) for key in details} == details


def test_what_is_saved_unchanged_leaves_none(both):
    child = make_child()
    facts = {"name": child.name, "birth_date": child.birth_date, "allergies": child.allergies}
    registering.change_child(child, by=child.guardianships[0].user, now=LATER, **facts)
    assert events() == []
