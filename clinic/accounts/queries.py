"""Finding users."""

from sqlalchemy import bindparam, select

from clinic.accounts.models import Membership, SignedIn, User
from clinic.db import db

_users, _held = User.__table__.c, Membership.__table__.c
# Built once: every page of a signed-in user begins with it.
WHO = (
    select(_users.id, _users.name, _users.epoch, _held.role, _held.centre_id)
    .outerjoin(Membership.__table__, _held.user_id == _users.id)
    .where(_users.id == bindparam("user_id"))
)


def user_of_session(session_id: str) -> SignedIn | None:
    """The user that a session cookie names, unless signed out everywhere since."""
    user_id, _, epoch = session_id.partition(".")
    if not user_id.isdigit() or not epoch.isdigit():
        return None
    rows = db.session.execute(WHO, {"user_id": int(user_id)}).all()
    if not rows or rows[0].epoch != int(epoch):
        return None
    held = frozenset((row.role, row.centre_id) for row in rows if row.role is not None)
    return SignedIn(rows[0].id, rows[0].name, rows[0].epoch, held)


def find_user(contact: str) -> User | None:
    """The user with this normalised phone (`+86…`) or e-mail address."""
    field = User.email if "@" in contact else User.phone
    return db.session.scalar(select(User).where(field == contact))
