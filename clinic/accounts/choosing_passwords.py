"""A user gets a password, or another one: the one way to it. Verbs flush.

Invitations and links that reset a password call `set_password` too.
"""

from datetime import datetime

from clinic import audit
from clinic.accounts import passwords, sign_ins
from clinic.accounts.models import Person, User
from clinic.db import db


def set_password(
    user: User, password: str, *, by: Person, now: datetime, but: int | None = None
) -> None:
    """Give the user that password. Their sign-ins end, `but` the one with that id.

    Raises UnfitPassword, and changes nothing then.
    """
    must_be_fit(user, password)
    user.password_hash = passwords.hash_password(password)
    db.session.flush()
    sign_ins.end_all(user.id, but=but, now=now)
    audit.record("password set", user, by=by.id, now=now)


def must_be_fit(user: User, password: str) -> None:
    """Raises UnfitPassword if it is not good enough for that user."""
    passwords.must_be_fit(password, name=user.name, contacts=(user.phone, user.email))


def renew_hash(user: User, password: str) -> None:
    """After the right password: keep a hash made with today's work, if the kept one is older."""
    if user.password_hash and passwords.is_outdated(user.password_hash):
        user.password_hash = passwords.hash_password(password)
