"""Somebody who takes a role away, or takes an invitation to the staff, at the same moment as others.

A blind one goes by what was shown before the wait.
"""

from sqlalchemy.exc import IntegrityError

from clinic.accounts import memberships
from clinic.accounts.models import Membership, User
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from tests.makes import NOON
from tests.races import twins


def remove_administrator(wait, sight, membership_id, by_id):
    """Look, wait, end that role, and say how it ended."""
    if sight == "blind":
        twins.replace(must_leave_another_administrator=lambda *_: None)
    by = db.session.get_one(User, by_id)
    membership = db.session.get_one(Membership, membership_id)
    db.session.commit()
    wait()
    return told(lambda: memberships.end(membership, by=by, now=NOON))


def told(work):
    """How the work ended: done, or refused by what."""
    try:
        in_one_transaction(work)
    except (DomainError, IntegrityError) as error:
        return type(error).__name__
    return "done"
