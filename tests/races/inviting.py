"""Somebody who opened an invitation, waits at the door, and takes it; or the inviter, who withdraws it.

A blind one goes by what was shown before the wait.
"""

from sqlalchemy.exc import IntegrityError

from clinic.accounts.models import User
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families import registering
from clinic.families.models import Invitation
from tests.makes import NOON
from tests.races import twins


def act(wait, sight, verb, user_id):
    """Open the invitation, wait, and say how it ended."""
    if sight == "blind":
        twins.replace(use_up_invitation=lambda *_, **__: True)
    user, invitation = db.session.get_one(User, user_id), db.session.query(Invitation).one()
    assert invitation.accepted_at is None
    db.session.commit()
    wait()
    try:
        in_one_transaction(lambda: VERBS[verb](invitation, by=user, now=NOON))
    except (DomainError, IntegrityError) as error:
        return type(error).__name__
    return verb


VERBS = {"accept": registering.accept, "withdraw": registering.withdraw_invitation}
