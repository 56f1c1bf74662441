"""How a person comes to have a sign-in. Verbs flush; the caller commits."""

from datetime import datetime

from clinic import audit
from clinic.accounts import codes, one_time_links
from clinic.accounts.choosing_passwords import set_password
from clinic.accounts.models import Membership, OneTimeLink, Role, User
from clinic.accounts.queries import find_user
from clinic.db import db
from clinic.errors import DomainError
from clinic.sentences import mark


class ProofGone(DomainError):
    message = mark("Your code was used already, or too long ago. Please ask for a new one.")


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


def join(proof_id: int, *, name: str, password: str | None, now: datetime) -> tuple[User, bool]:
    """Whoever proved a phone or an e-mail becomes its user; a password is optional.

    The proof is spent. Says also whether the account is new to them: who has claimed it before just
    signs in, by the password that they chose then. Raises ProofGone, UnfitPassword.
    """
    contact = codes.spend_proof(proof_id, now=now)
    if contact is None:
        raise ProofGone
    user = find_user(contact, lock=True)
    if user and user.claimed_at:
        return user, False
    if user is None:
        field = "email" if "@" in contact else "phone"
        user = register_guardian(name=name, by=None, now=now, **{field: contact})  # type: ignore[arg-type]
    _claim(user, name=name, password=password, now=now)
    return user, True


def _claim(user: User, *, name: str, password: str | None, now: datetime) -> None:
    user.name, user.claimed_at = name, now
    if password:
        set_password(user, password, by=user, now=now)
    if Role.PARENT not in user.roles:
        user.memberships.append(Membership(role=Role.PARENT))
    audit.record("claim", user, by=user.id, now=now)
    db.session.flush()


def join_by_slip(link: OneTimeLink, *, name: str, password: str, now: datetime) -> User:
    """The family whose papers reception has seen becomes the user of its account; the slip is spent.

    Raises SlipGone, UnfitPassword; HasSignedIn if the account was claimed by its phone meanwhile.
    """
    user = find_user(link.user.phone or link.user.email or "", lock=True)
    if user is None or not one_time_links.use_up(link, now=now):
        raise one_time_links.SlipGone
    if user.claimed_at is not None:
        raise one_time_links.HasSignedIn
    _claim(user, name=name, password=password, now=now)
    return user
