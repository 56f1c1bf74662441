"""Who sees which child: invitations, leaving, and the texts that are agreed to, on both engines."""

from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.exc import NoResultFound

from clinic.audit import AuditEvent
from clinic.db import db
from clinic.errors import DomainError
from clinic.families import registering
from clinic.families.consents import VERSIONS
from clinic.families.models import Child, Consent, ConsentKind, Guardianship, Relation
from clinic.families.queries import (
    children_of,
    get_child,
    get_guardianship,
    has_consented,
    open_invitations,
)
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


class Model:
    """Who cares for whom, by the rules as they are told to families."""

    def __init__(self, users):
        self.firsts, self.cares, self.links = {}, {user: set() for user in users}, []

    def shared(self, user):
        return {child for child, first in self.firsts.items() if first == user}


def register(model, users, one, other):
    child = make_child(users[one])
    model.firsts[child] = one
    model.cares[one].add(child)


def invites(model, users, one, other):
    if model.shared(one):
        kw = {"relation": Relation.OTHER, "by": users[one], "now": NOON}
        model.links.append([one, registering.invite(**kw)[0], True])


def accepts(model, users, one, other):
    if not model.links:
        return
    link = model.links[other % len(model.links)]
    inviter, invitation, is_good = link
    with suppress(DomainError):
        registering.accept(invitation, by=users[one], now=NOON)
    if is_good and inviter != one:
        model.cares[one] |= model.shared(inviter)
        link[2] = False


def withdraws(model, users, one, other):
    if model.links:
        link = model.links[other % len(model.links)]
        with suppress(DomainError):
            registering.withdraw_invitation(link[1], by=users[link[0]], now=NOON)
        link[2] = False


def ends(model, users, one, other):
    whose, child = other % len(users), next(iter(sorted(model.firsts, key=lambda c: c.id)), None)
    if child is None or child not in model.cares[whose]:
        return
    row = next(
        row
        for row in child.guardianships
        if row.user_id == users[whose].id and row.revoked_at is None
    )
    with suppress(DomainError):
        registering.revoke(row, by=users[one], now=NOON)
    first = model.firsts[child]
    if whose != first and one in (first, whose):
        model.cares[whose].discard(child)


VERBS = {"register": register, "invite": invites, "accept": accepts}
VERBS |= {"withdraw": withdraws, "end": ends}
STEPS = st.lists(
    st.tuples(st.sampled_from(sorted(VERBS)), st.integers(0, 2), st.integers(0, 5)),
    min_size=6,
    max_size=14,
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(STEPS)
def test_whatever_families_do_each_sees_their_own_children_and_no_others(both, steps):
    users = [make_user() for _ in range(3)]
    model = Model(range(3))
    for verb, one, other in [("register", 0, 0), ("invite", 0, 0), *steps]:
        VERBS[verb](model, users, one, other)
        db.session.commit()
        db.session.expire_all()
        assert [set(children_of(user)) for user in users] == list(model.cares.values()), verb
    everybody = db.session.scalars(select(Child)).all()
    for number, user in enumerate(users):
        for child in everybody:
            assert sees(user, child) == (child in model.cares[number])
    assert broken_promises() == []


def sees(user, child):
    try:
        return get_child(user, child.id) is child
    except NoResultFound:
        return False


AGREED, WITHDREW = True, False
PRIVACY, CHILDREN = ConsentKind.PRIVACY, ConsentKind.CHILDREN_UNDER_14
SAID = {  # what was said, in order; whether it is agreed
    "nothing": ([], False),
    "one of the texts": ([(PRIVACY, AGREED, "now")], False),
    "both": ([(PRIVACY, AGREED, "now"), (CHILDREN, AGREED, "now")], True),
    "an older text": ([(PRIVACY, AGREED, "2020-01"), (CHILDREN, AGREED, "now")], False),
    "an older text, then this": (
        [(PRIVACY, AGREED, "2020-01"), (CHILDREN, AGREED, "now"), (PRIVACY, AGREED, "now")],
        True,
    ),
    "withdrawn": (
        [(PRIVACY, AGREED, "now"), (CHILDREN, AGREED, "now"), (CHILDREN, WITHDREW, "now")],
        False,
    ),
    "withdrawn, then agreed again": (
        [(PRIVACY, AGREED, "now"), (CHILDREN, WITHDREW, "now"), (CHILDREN, AGREED, "now")],
        True,
    ),
}


@pytest.mark.parametrize("case", SAID)
def test_what_was_said_last_to_each_text_counts(both, case):
    said, agreed = SAID[case]
    user, other = make_user(consented=False), make_user()
    for kind, given_, version in said:
        text = VERSIONS[kind] if version == "now" else version
        row = {"kind": kind, "given": given_, "text_version": text, "language": "zh"}
        db.session.add(Consent(user_id=user.id, at=NOON, recorded_by_id=user.id, **row))
        db.session.flush()

    assert has_consented(user) is agreed
    assert has_consented(other)  # nobody speaks for another
