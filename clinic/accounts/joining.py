"""How a person comes to have a sign-in. Verbs flush; the caller commits."""

from datetime import datetime

from clinic import audit
from clinic.accounts.models import Membership, Role, User
from clinic.accounts.passwords import hash_password
from clinic.db import db


def register_guardian(
    *,
    name: str,
    phone: str | None = None,
    email: str | None = None,
    by: User | None,
    now: datetime,
) -> User:
    """A parent's account that nobody has claimed yet; `by` is the receptionist, or None online."""
    user = User(name=name, phone=phone, email=email, created_at=now)
    user.memberships.append(Membership(role=Role.PARENT))
    db.session.add(user)
    db.session.flush()
    audit.record("register", user, by=by.id if by else user.id, now=now)
    return user


def claim(user: User, *, name: str, password: str | None, now: datetime) -> None:
    """The person has proved the phone or e-mail and tells us their name; a password is optional."""
    user.name = name
    user.claimed_at = user.claimed_at or now
    if password:
        user.password_hash = hash_password(password)
    if Role.PARENT not in user.roles:
        user.memberships.append(Membership(role=Role.PARENT))
    audit.record("claim", user, by=user.id, now=now)
    db.session.flush()
