"""Two who change the staff at the same moment, by processes of their own, on both engines.

Each has a twin without the protection that must go wrong.
"""

from clinic.accounts.models import Membership, Role
from clinic.db import db
from tests.makes import make_user
from tests.races import staffing
from tests.races.doors import Somebody, at_once


def remove_each_other(race, sight):
    """Two administrators who each remove the other; how it ended, and how many are left."""
    users = [make_user(Role.ADMIN) for _ in range(2)]
    (first,), (second,) = (user.memberships for user in users)
    pairs = [(second.id, users[0].id), (first.id, users[1].id)]
    answers = at_once(
        [Somebody(race, staffing.remove_administrator, sight, *pair) for pair in pairs]
    )
    db.session.expire_all()
    return sorted(answers), db.session.query(Membership).filter_by(role=Role.ADMIN).count()


def test_two_administrators_who_remove_each_other_leave_one(race):
    assert remove_each_other(race, "sees") == (["LastAdministrator", "done"], 1)


def test_its_twin_that_does_not_count_the_others_leaves_none(race):
    assert remove_each_other(race, "blind") == (["done", "done"], 0)
