"""Whatever families do, each sees their own children and no others."""

from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from clinic.db import db
from clinic.errors import DomainError
from clinic.families import registering
from clinic.families.models import Child, Relation
from clinic.families.queries import children_of, get_child
from clinic.scheduling.verify import broken_promises
from tests.makes import NOON, make_child, make_user

pytestmark = pytest.mark.usefixtures("noon")


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
