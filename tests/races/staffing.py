"""Somebody who takes a role away, or takes an invitation to the staff, at the same moment as others.

A blind one goes by what was shown before the wait.
"""

from sqlalchemy.exc import IntegrityError

from clinic.accounts import joining, memberships, staff_invitations
from clinic.accounts.models import Membership, OneTimeLink, StaffInvitation, User
from clinic.accounts.queries import find_user
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


def answer_invitation(wait, sight, deed):
    """Open the invitation, wait, then take or withdraw it, and say how it ended.

    One who takes it acts as a newcomer, or as `deed[1]`, the account of that contact.
    """
    if sight == "blind":
        twins.replace(use_up_staff_invitation=lambda *_, **__: True)
    verb, user_id = deed
    user = db.session.get_one(User, user_id) if user_id else None
    invitation = db.session.query(StaffInvitation).one()
    assert invitation.accepted_at is None
    db.session.commit()
    wait()
    if verb == "withdraw":
        return told(lambda: staff_invitations.withdraw(invitation, by=user, now=NOON))
    anew = {"name": "梁音", "password": "朝晖的 早晨 很安静"}
    if user is None:
        return told(lambda: staff_invitations.accept_anew(invitation, **anew, now=NOON))
    return told(lambda: staff_invitations.accept_as(invitation, user, now=NOON))


def come_by_slip(wait, sight, name):
    """Open the slip, wait, come in by it under that name, and say how it ended."""
    if sight == "blind":
        as_seen = lambda contact, **_: find_user(contact)  # noqa: E731 - without the lock
        twins.replace(use_up_link=lambda *_, **__: True, user_to_claim=as_seen)
    link = db.session.query(OneTimeLink).one()
    assert link.used_at is None
    assert link.user.claimed_at is None
    db.session.commit()
    wait()
    anew = {"name": name, "password": "朝晖的 早晨 很安静"}
    return told(lambda: joining.join_by_slip(link, **anew, now=NOON))


def told(work):
    """How the work ended: done, or refused by what."""
    try:
        in_one_transaction(work)
    except (DomainError, IntegrityError) as error:
        return type(error).__name__
    return "done"
