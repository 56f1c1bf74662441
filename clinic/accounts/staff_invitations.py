"""Links by which people come to work here. Verbs flush; the caller commits.

A link is good for 72 hours and for one person. It says nothing of who holds it, so it opens no
account that exists: whoever has one with that phone or e-mail accepts while signed in to it.
"""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select
from sqlalchemy.dialects import postgresql, sqlite

from clinic import audit
from clinic.accounts import limits, memberships
from clinic.accounts.models import Person, Profession, Role, StaffInvitation, User
from clinic.accounts.passwords import hash_password, must_be_fit
from clinic.accounts.queries import find_user
from clinic.audit.trail import Event
from clinic.db import change_if, db
from clinic.errors import DomainError
from clinic.sentences import mark

TOKEN_BYTES = 32
GOOD_FOR = timedelta(hours=72)
LISTED_FOR = timedelta(days=30)  # after it expired


class InvitationGone(DomainError):
    message = mark("This link no longer works. Please ask for a new one.")


class HasAccount(DomainError):
    message = mark("There is an account with this phone or e-mail already. Please sign in to it.")


class OtherAccount(DomainError):
    message = mark("This link is for another account. Please sign in to that one.")


class IsInvited(DomainError):
    message = mark("This person is invited already. Withdraw that invitation first, or renew it.")


def invite(
    *,
    name: str,
    contact: str,
    role: Role,
    also: Collection[Role] = (),
    centre_id: int | None = None,
    profession: Profession | None = None,
    practitioner_id: int | None = None,
    by: Person | None,
    now: datetime,
    token: str = "",
) -> tuple[StaffInvitation, str]:
    """A link for that phone or e-mail (normalised): the row, and the secret that only the link has.

    `also`: further roles there; a clinician's comes first, with profession and row of the rota. `by`
    is None for a command; `token` is the form's secret, or a random one is made. Raises TooOften.
    """
    if token and (known := find_invitation(token, now=now)):
        return known, token
    if by is not None:
        limits.spend(limits.STAFF_INVITATION, str(by.id), now=now)
    token = token or secrets.token_urlsafe(TOKEN_BYTES)
    invitation = StaffInvitation(
        token_hash=_hash(token),
        name=name,
        contact=contact,
        role=role,
        also=[each.value for each in also],
        centre_id=centre_id,
        profession=profession,
        practitioner_id=practitioner_id,
        invited_by_id=by.id if by else None,
        created_at=now,
        expires_at=now + GOOD_FOR,
    )
    db.session.add(invitation)
    db.session.flush()
    _note("invite staff", invitation, by=by.id if by else None, now=now)
    return invitation, token


def must_be_new(
    roles: Collection[Role], contact: str, centre_id: int | None, *, now: datetime
) -> None:
    """Raises HasRole if that contact has one of the roles there, IsInvited if it is invited."""
    user = find_user(contact)
    held = {(each.role, each.centre_id) for each in user.held} if user else set()
    if held & {(role, centre_id) for role in roles}:
        raise memberships.HasRole
    if any(each.contact == contact for each in open_invitations(centre_id, now=now)):
        raise IsInvited


def find_invitation(token: str, *, now: datetime) -> StaffInvitation | None:
    """The invitation that a link names, if it can still be accepted."""
    query = select(StaffInvitation).where(StaffInvitation.token_hash == _hash(token), *_open(now))
    return db.session.scalar(query)


def open_invitations(centre_id: int | None, *, now: datetime) -> list[StaffInvitation]:
    """The invitations to a centre, or of administrators, that can still be accepted."""
    return [each for each in unanswered(centre_id, now=now) if each.expires_at > now]


def unanswered(centre_id: int | None, *, now: datetime) -> list[StaffInvitation]:
    """The same, with those that expired in the last 30 days: they can be renewed."""
    to = StaffInvitation.centre_id
    query = select(StaffInvitation).where(
        to.is_(None) if centre_id is None else to == centre_id,
        *_stands(),
        StaffInvitation.expires_at > now - LISTED_FOR,
    )
    return list(db.session.scalars(query.order_by(StaffInvitation.id)))


def withdraw(invitation: StaffInvitation, *, by: Person | None, now: datetime) -> None:
    """The link no longer works. Raises InvitationGone if it was accepted or withdrawn meanwhile."""
    if not change_if(invitation, *_stands(), revoked_at=now):
        raise InvitationGone
    _note("withdraw staff invitation", invitation, by=by.id if by else None, now=now)


def follow_roles(event: Event) -> None:
    """The invitations of whoever may invite no more are withdrawn: the links are still in their hands."""
    if event.action != "end role" or event.details.get("role") not in (Role.MANAGER, Role.ADMIN):
        return
    theirs = select(StaffInvitation).where(
        StaffInvitation.invited_by_id == event.subject_id, *_stands()
    )
    if event.centre_id is not None:
        theirs = theirs.where(StaffInvitation.centre_id == event.centre_id)
    for invitation in db.session.scalars(theirs).all():
        invitation.revoked_at = event.at
        db.session.flush()
        _note("withdraw staff invitation", invitation, by=event.by, now=event.at)


def renew(invitation: StaffInvitation, *, by: Person, now: datetime, token: str) -> None:
    """That secret in place of the earlier one, good for 72 hours from now. The same one twice is once.

    Raises InvitationGone if it was accepted or withdrawn meanwhile, TooOften.
    """
    if invitation.token_hash == _hash(token):
        return
    limits.spend(limits.STAFF_INVITATION, str(by.id), now=now)
    values = {"token_hash": _hash(token), "created_at": now, "expires_at": now + GOOD_FOR}
    if not change_if(invitation, *_stands(), invited_by_id=by.id, **values):
        raise InvitationGone
    _note("renew staff invitation", invitation, by=by.id, now=now)


def accept_anew(invitation: StaffInvitation, *, name: str, password: str, now: datetime) -> User:
    """An account for the invited person, with the role. Raises InvitationGone, HasAccount, UnfitPassword.

    Of two at the same moment one is told that the link no longer works.
    """
    user = _new_user(invitation, name=name, password=password, now=now)
    _accept(invitation, user, now=now)
    return user


def accept_as(invitation: StaffInvitation, user: Person, *, now: datetime) -> User:
    """The role for an account that exists. Raises InvitationGone, OtherAccount."""
    known = find_user(invitation.contact, lock=True)
    if known is None or known.id != user.id:
        raise OtherAccount
    _accept(invitation, known, now=now)
    return known


def _accept(invitation: StaffInvitation, user: User, *, now: datetime) -> None:
    if not _use_up(invitation, user, now=now):
        raise InvitationGone
    there, by = invitation.centre_id, invitation.invited_by
    held = {(each.role, each.centre_id) for each in user.held}
    for role in (invitation.role, *map(Role, invitation.also)):
        if (role, there) not in held:
            profession = invitation.profession if role is Role.CLINICIAN else None
            memberships.give(user, role, there, profession=profession, by=by, now=now)
    _note("accept staff invitation", invitation, by=user.id, now=now)


def _use_up(invitation: StaffInvitation, user: User, *, now: datetime) -> bool:
    """Whether it could still be accepted; from here on it is. Of several at once the first."""
    return change_if(invitation, *_open(now), accepted_at=now, accepted_by_id=user.id)


def _new_user(invitation: StaffInvitation, *, name: str, password: str, now: datetime) -> User:
    """Whoever comes second with that phone or e-mail is told so by the database."""
    must_be_fit(password, name=name, contacts=[invitation.contact])
    insert = (sqlite if db.engine.dialect.name == "sqlite" else postgresql).insert
    field = "email" if "@" in invitation.contact else "phone"
    values = {field: invitation.contact, "name": name, "password_hash": hash_password(password)}
    added = (
        insert(User)
        .values(created_at=now, claimed_at=now, epoch=0, **values)
        .on_conflict_do_nothing()
        .returning(User)
    )
    user: User | None = db.session.scalar(added)
    if user is None:
        raise HasAccount
    return user


def _open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    """What is true of an invitation that can still be accepted."""
    return (*_stands(), StaffInvitation.expires_at > now)


def _stands() -> tuple[ColumnElement[bool], ...]:
    """What is true of one that was neither accepted nor withdrawn."""
    return (StaffInvitation.accepted_at.is_(None), StaffInvitation.revoked_at.is_(None))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _note(action: str, invitation: StaffInvitation, *, by: int | None, now: datetime) -> None:
    audit.record(
        action,
        invitation,
        by=by,
        now=now,
        centre_id=invitation.centre_id,
        role=invitation.role.value,
    )
