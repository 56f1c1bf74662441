"""Who sees which child: invitations, leaving, and the texts that are agreed to, on both engines."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from clinic.audit import AuditEvent
from clinic.db import db
from clinic.families import registering
from clinic.families.models import Guardianship, Relation
from clinic.families.queries import children_of, get_guardianship, open_invitations
from clinic.families.registering import InvitationGone, OnlyTheFirst, OwnInvitation
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_child, make_guardianship, make_user

pytestmark = pytest.mark.usefixtures("noon")
SECOND = timedelta(seconds=1)
GOOD_FOR = registering.INVITATION_GOOD_FOR


class Household:
    """A mother with two children, the father of one, a grandmother of that one, and a stranger."""

    def __init__(self):
        self.mother, self.father, self.grandmother, self.stranger = (
            make_user(name=name) for name in ("王芳", "李强", "张秀英", "陈静")
        )
        self.child, self.sibling = make_child(self.mother), make_child(self.mother, name="王一麦")
        self.others = make_child(self.father, name="李小米")
        make_guardianship(self.father, self.child)
        make_guardianship(self.grandmother, self.child)
        db.session.commit()

    def invite(self, by=None, **made):
        kw = {"relation": Relation.OTHER, "by": by or self.mother, "now": NOON} | made
        return registering.invite(**kw)

    def of(self, user, child):
        """The guardianship of that user, if it has not ended."""
        return db.session.scalar(
            select(Guardianship).where(
                Guardianship.user_id == user.id,
                Guardianship.child_id == child.id,
                Guardianship.revoked_at.is_(None),
            )
        )

    def leaves(self, user, child, by, now=NOON):
        registering.revoke(self.of(user, child), by=by, now=now)


@pytest.fixture
def house(both):
    return Household()


def test_an_invitation_shares_what_the_inviter_registered_and_nothing_else(house):
    invitation, _ = house.invite(by=house.father)
    children = registering.accept(invitation, by=house.stranger, now=NOON)

    assert children == children_of(house.stranger) == [house.others]


def test_what_is_registered_after_the_link_was_sent_is_shared_too(house):
    invitation, _ = house.invite()
    third = make_child(house.mother, name="王一豆")
    registering.accept(invitation, by=house.stranger, now=NOON)

    assert set(children_of(house.stranger)) == {house.child, house.sibling, third}


def used(house, invitation):
    registering.accept(invitation, by=make_user(), now=NOON)


def withdrawn(house, invitation):
    registering.withdraw_invitation(invitation, by=house.mother, now=NOON)


def nothing(house, invitation):
    pass


LINKS = {  # what became of it, when it is opened, by whom; what is said
    "fresh": (nothing, timedelta(), "stranger", None),
    "in its last second": (nothing, GOOD_FOR - SECOND, "stranger", None),
    "a week old": (nothing, GOOD_FOR, "stranger", InvitationGone),
    "used": (used, timedelta(), "stranger", InvitationGone),
    "withdrawn": (withdrawn, timedelta(), "stranger", InvitationGone),
    "one's own": (nothing, timedelta(), "mother", OwnInvitation),
    "of a guardian already": (nothing, timedelta(), "father", None),
}


@pytest.mark.parametrize("case", LINKS)
def test_a_link_admits_while_it_is_good(house, case):
    happens, later, who, refusal = LINKS[case]
    invitation, token = house.invite()
    happens(house, invitation)
    user, before = getattr(house, who), children_of(getattr(house, who))
    db.session.commit()
    found = registering.find_invitation(token, now=NOON + later)

    assert (found is None) == (refusal is InvitationGone)
    if refusal:
        with pytest.raises(refusal):
            registering.accept(invitation, by=user, now=NOON + later)
        db.session.rollback()
        assert children_of(user) == before
    else:
        registering.accept(invitation, by=user, now=NOON + later)
        assert {house.child, house.sibling} <= set(children_of(user))
        assert registering.find_invitation(token, now=NOON + later) is None
        assert open_invitations(house.mother, NOON + later) == []
    assert broken_promises() == []


def test_a_link_is_withdrawn_once_and_stays_as_it_was(house):
    invitation, _ = house.invite()
    withdrawn(house, invitation)
    db.session.commit()
    with pytest.raises(InvitationGone):
        registering.withdraw_invitation(invitation, by=house.mother, now=NOON + SECOND)
    db.session.rollback()

    assert invitation.revoked_at == NOON
    told = select(func.count()).where(AuditEvent.action == "withdraw_invitation")
    assert db.session.scalar(told) == 1


def test_the_secret_of_a_link_is_not_in_the_database(house):
    invitation, token = house.invite()

    assert token not in {str(value) for value in vars(invitation).values()}
    assert len(token) >= 32


def test_a_link_that_is_over_is_not_made_again_by_the_same_form(house):
    first, token = house.invite(token="of-the-form")
    again, same = house.invite(token="of-the-form")
    assert (again.id, same) == (first.id, token)
    withdrawn(house, first)

    other, fresh = house.invite(token="of-the-form")

    assert other.id != first.id
    assert fresh != token


LEAVING = {  # by whom, whose; what is said
    ("mother", "father"): None,
    ("mother", "grandmother"): None,
    ("father", "father"): None,
    ("grandmother", "grandmother"): None,
    ("father", "grandmother"): OnlyTheFirst,
    ("father", "mother"): OnlyTheFirst,
    ("mother", "mother"): OnlyTheFirst,  # a child has always the guardian who registered it
    ("stranger", "father"): OnlyTheFirst,
}


@pytest.mark.parametrize(("by", "whose"), LEAVING)
def test_who_may_end_a_guardianship(house, by, whose):
    refusal, leaving = LEAVING[by, whose], getattr(house, whose)
    if refusal:
        with pytest.raises(refusal):
            house.leaves(leaving, house.child, by=getattr(house, by))
        db.session.rollback()
    else:
        house.leaves(leaving, house.child, by=getattr(house, by))

    assert (house.child in children_of(leaving)) == (refusal is not None)
    assert house.sibling in children_of(house.mother)
    assert broken_promises() == []


def test_ending_it_twice_is_ending_it_once(house):
    his = house.of(house.father, house.child)
    registering.revoke(his, by=house.mother, now=NOON)
    registering.revoke(his, by=house.father, now=NOON + SECOND)

    assert (his.revoked_at, his.revoked_by_id) == (NOON, house.mother.id)
    assert db.session.scalar(select(func.count()).where(AuditEvent.action == "revoke")) == 1


def test_who_left_may_come_back_by_another_link(house):
    house.leaves(house.father, house.child, by=house.mother)
    invitation, _ = house.invite()
    registering.accept(invitation, by=house.father, now=NOON)

    assert set(children_of(house.father)) == {house.child, house.sibling, house.others}
    with pytest.raises(OnlyTheFirst):
        house.leaves(house.mother, house.child, by=house.father)


def test_who_left_ends_nobody_elses(house):
    hers = house.of(house.grandmother, house.child)
    house.leaves(house.father, house.child, by=house.father)
    db.session.commit()

    with pytest.raises(NoResultFound):
        get_guardianship(house.father, hers.id)
    assert get_guardianship(house.mother, hers.id) is hers
