"""Links that let a person in once, shown once: a new password for a colleague, a family's first sign-in.

Only a keyed hash of the secret is kept. A new one voids the earlier one of the same kind. Verbs
flush; the caller commits.
"""

import hashlib
import hmac
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select, update

from clinic import audit
from clinic.accounts.choosing_passwords import set_password
from clinic.accounts.models import OneTimeLink, Person, Purpose, Role, User
from clinic.audit.trail import Event
from clinic.db import change_if, db
from clinic.errors import DomainError
from clinic.keys import key_for
from clinic.plain import sought
from clinic.sentences import mark

GOOD_FOR = {Purpose.PASSWORD: timedelta(hours=24), Purpose.SLIP: timedelta(hours=48)}
TOKEN_BYTES = 24
# A slip is read from paper and typed: no signs that look like others, no vowels that make words.
SIGNS, LENGTH = "BCDFGHJKLMNPQRSTVWXZ2456789", 10


class LinkGone(DomainError):
    message = mark("This link does not work any more. Please ask for a new one.")


class SlipGone(DomainError):
    message = mark(
        "This code is wrong, was used, or is too old. Please ask reception for a new slip."
    )


class HasSignedIn(DomainError):
    message = mark("This family signs in by itself already: it needs no slip.")


class NotYours(DomainError):
    message = mark(
        "This person has roles that are not yours to manage. An administrator can make the link."
    )


def make_password_link(user: User, *, by: Person, now: datetime, token: str) -> OneTimeLink:
    """A link by which a colleague sets a new password within 24 hours. Raises NotYours."""
    if not may_reset(by, user):
        raise NotYours
    link = _make(user, Purpose.PASSWORD, token, by=by, now=now)
    audit.record("make password link", user, by=by.id, now=now)
    return link


def may_reset(by: Person, user: User) -> bool:
    """Whether that manager or administrator may: managers for those who have no role but at centres
    of theirs, and are neither managers nor parents. Whoever has the link could be that person."""
    if user.id == by.id:
        return False
    if Role.ADMIN in by.roles:
        return True
    mine = by.centre_ids(Role.MANAGER)
    others = {Role.MANAGER, Role.ADMIN, Role.PARENT}
    return bool(user.held) and all(
        held.role not in others and held.centre_id in mine for held in user.held
    )


def reset_password(link: OneTimeLink, password: str, *, now: datetime) -> None:
    """Its holder's new password; every browser is signed out. Raises LinkGone, UnfitPassword."""
    if not use_up(link, now=now):
        raise LinkGone
    set_password(link.user, password, by=link.user, now=now)


def follow_roles(event: Event) -> None:
    """Void the links for new passwords that whoever lost a role has made: they are in their hands."""
    if event.action == "end role":
        theirs = OneTimeLink.made_by_id == event.subject_id, OneTimeLink.purpose == Purpose.PASSWORD
        void = update(OneTimeLink).where(*theirs, *_is_open(event.at)).values(revoked_at=event.at)
        db.session.execute(void)


def make_slip(
    user: User, papers: list[str], *, centre_id: int, by: Person, now: datetime, code: str
) -> OneTimeLink:
    """A slip for a family whose papers reception has seen, good for 48 hours. Raises HasSignedIn.

    Only for an account that nobody has claimed: whoever proved the phone has no need of it.
    """
    db.session.execute(select(User.id).where(User.id == user.id).with_for_update())
    db.session.refresh(user)
    if user.claimed_at is not None:
        raise HasSignedIn
    link = _make(user, Purpose.SLIP, code, by=by, now=now)
    audit.record("make sign-in slip", user, by=by.id, now=now, centre_id=centre_id, papers=papers)
    return link


def _make(user: User, purpose: Purpose, secret: str, *, by: Person, now: datetime) -> OneTimeLink:
    if known := find(secret, purpose, now=now):
        return known  # a second click
    earlier = OneTimeLink.user_id == user.id, OneTimeLink.purpose == purpose, *_is_open(now)
    db.session.execute(update(OneTimeLink).where(*earlier).values(revoked_at=now))
    link = OneTimeLink(
        user_id=user.id,
        purpose=purpose,
        secret_hash=_hash(secret),
        made_by_id=by.id,
        made_at=now,
        expires_at=now + GOOD_FOR[purpose],
    )
    db.session.add(link)
    db.session.flush()
    return link


def find(secret: str, purpose: Purpose, *, now: datetime) -> OneTimeLink | None:
    """The link of that secret, while it works."""
    return db.session.scalar(
        select(OneTimeLink).where(
            OneTimeLink.secret_hash == _hash(secret),
            OneTimeLink.purpose == purpose,
            *_is_open(now),
        )
    )


def use_up(link: OneTimeLink, *, now: datetime) -> bool:
    """Whether it could still be used; from here on it is. Of several at once the first."""
    return change_if(link, *_is_open(now), used_at=now)


def code_from(token: str, user: User) -> str:
    """Ten signs to type, made of a form's token: for another user of the same form others."""
    number = int(hashlib.sha256(f"{token} {user.id}".encode()).hexdigest(), 16)
    signs = ""
    for _ in range(LENGTH):
        number, rest = divmod(number, len(SIGNS))
        signs += SIGNS[rest]
    return signs


def spoken(code: str) -> str:
    """`BCDFG-HJKLM`: as it stands on the slip."""
    return f"{code[:5]}-{code[5:]}"


def code_of(typed: str) -> str | None:
    """The code of a slip as people type it; None if it is none."""
    code = sought(typed).upper().replace("-", "").replace(" ", "")
    return code if len(code) == LENGTH and set(code) <= set(SIGNS) else None


def _is_open(now: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        OneTimeLink.used_at.is_(None),
        OneTimeLink.revoked_at.is_(None),
        OneTimeLink.expires_at > now,
    )


def _hash(secret: str) -> str:
    return hmac.new(key_for("one-time links"), secret.encode(), hashlib.sha256).hexdigest()
