"""Finding users."""

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic.accounts.models import User
from clinic.db import db

WITH_ROLES = (joinedload(User.memberships),)


def user_of_session(session_id: str) -> User | None:
    """The user that a session cookie names, unless signed out everywhere since."""
    user_id, _, epoch = session_id.partition(".")
    if not user_id.isdigit() or not epoch.isdigit():
        return None
    user = db.session.get(User, int(user_id), options=WITH_ROLES, populate_existing=True)
    return user if user and user.epoch == int(epoch) else None


def find_user(contact: str) -> User | None:
    """The user with this normalised phone (`+86…`) or e-mail address."""
    field = User.email if "@" in contact else User.phone
    return db.session.scalar(select(User).where(field == contact))
