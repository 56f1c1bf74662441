"""Who left a centre, or a family, opens nothing of it: every page of the URL map is tried."""

from itertools import product

import pytest
import time_machine

from clinic.accounts.models import Membership, Role
from clinic.db import db
from clinic.families.models import Guardianship
from tests.makes import NOON, make_centre, make_child, make_user
from tests.walking import admits
from tests.whole_site import NOW, STAFF, make_world

MOST = 40  # addresses of one page
OWN = {"token", "invitation_id"}  # a secret that was given to them, an invitation that they made


@pytest.fixture
def world(both):
    with time_machine.travel(NOW, tick=False):
        yield make_world()


def is_public(app, endpoint):
    return "everyone" in getattr(app.view_functions[endpoint], "allowed_roles", {"everyone"})


def addresses(app, names, roles):
    """Every address of the world that has a name in it, for these roles: method, path, view."""
    for rule in app.url_map.iter_rules():
        if not rule.arguments or OWN & rule.arguments or is_public(app, rule.endpoint):
            continue
        if not any(admits(app, rule.endpoint, role) for role in roles):
            continue
        places = sorted(rule.arguments)
        for values in [*product(*(names[place] for place in places))][:MOST]:
            path = rule.build(dict(zip(places, values, strict=True)), append_unknown=False)[1]
            for method in ("GET", "POST"):
                if method in rule.methods:
                    yield method, path


def opened(app, world, who, roles):
    """What answered that person with anything but "not found"."""
    client = app.test_client().sign_in(who)
    found = []
    for method, path in addresses(app, world.names, roles):
        answer = client.open(path, method=method, tampered=True)
        if answer.status_code not in (403, 404):
            found.append((method, path, answer.status_code, answer.location))
    return found


def move_to_another_centre(who):
    elsewhere = make_centre()
    for membership in db.session.query(Membership).filter_by(user_id=who.id):
        membership.centre_id = elsewhere.id
    db.session.commit()


@pytest.mark.heavy("every page as each role")
@pytest.mark.parametrize("role", [role for role in STAFF if role is not Role.ADMIN])
def test_who_moved_opens_nothing_of_the_old_centre(both, world, role):
    who = world.people[role]
    move_to_another_centre(who)
    assert opened(both, world, who, {role}) == []


@pytest.mark.heavy("every page as each role")
@pytest.mark.parametrize("role", STAFF)
def test_who_is_no_longer_of_the_staff_opens_nothing(both, world, role):
    who = world.people[role]
    db.session.query(Membership).filter_by(user_id=who.id).delete()
    db.session.commit()
    assert opened(both, world, who, {role}) == []


@pytest.mark.heavy("every page")
def test_a_guardian_who_was_removed_opens_nothing_of_the_child(both, world):
    removed = world.parent
    make_child(removed, name="另一个孩子")
    for row in db.session.query(Guardianship).filter(Guardianship.user_id == removed.id):
        if row.child.name != "另一个孩子":
            row.revoked_at, row.revoked_by_id = NOON, make_user().id
    db.session.commit()
    assert opened(both, world, removed, {Role.PARENT}) == []
