"""One link, opened by several people who take it at the same moment: one of them gets in.

On both engines, by processes of their own. Each has a twin without its protections that must fail.
"""

from collections import Counter

import pytest
from sqlalchemy import select, text

from clinic.audit import AuditEvent
from clinic.db import db
from clinic.families import registering
from clinic.families.models import Guardianship, Relation
from tests.makes import NOON, make_child, make_user
from tests.races import inviting
from tests.races.doors import Somebody, at_once

GUESTS = 4


@pytest.fixture
def inviter(race):
    """A parent of two who made one invitation."""
    parent = make_user()
    make_child(parent)
    make_child(parent)
    registering.invite(relation=Relation.FATHER, by=parent, now=NOON)
    db.session.commit()
    return parent


@pytest.fixture
def guests(race):
    return [("accept", make_user().id) for _ in range(GUESTS)]


def act_at_once(race, *deeds, sight="sees"):
    return Counter(at_once([Somebody(race, inviting.act, sight, *deed) for deed in deeds]))


def admitted():
    """How many came to a child by invitation."""
    query = select(Guardianship.user_id).where(Guardianship.is_first.is_(False)).distinct()
    return len(db.session.scalars(query).all())


def test_an_invitation_admits_one(race, inviter, guests):
    assert act_at_once(race, *guests) == {"accept": 1, "InvitationGone": GUESTS - 1}
    assert admitted() == 1
    assert db.session.query(Guardianship).count() == 4
    assert db.session.query(AuditEvent).filter_by(action="accept").count() == 2


def test_the_database_alone_admits_one(race, inviter, guests):
    answers = act_at_once(race, *guests, sight="blind")
    assert answers == {"accept": 1, "IntegrityError": GUESTS - 1}
    assert admitted() == 1


def test_its_twin_without_the_databases_promise_admits_all(race, inviter, guests):
    db.session.execute(text("DROP INDEX uq_guardianships_by_invitation"))
    act_at_once(race, *guests, sight="blind")
    assert admitted() == GUESTS


@pytest.mark.parametrize("first", ["accept", "withdraw"])
def test_what_is_withdrawn_while_it_is_taken_is_one_or_the_other(race, inviter, guests, first):
    deeds = [guests[0], ("withdraw", inviter.id)]
    answers = act_at_once(race, *(deeds if first == "accept" else deeds[::-1]))
    assert answers in ({"accept": 1, "InvitationGone": 1}, {"withdraw": 1, "InvitationGone": 1})
    assert admitted() == answers["accept"]
