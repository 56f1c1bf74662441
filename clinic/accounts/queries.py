"""Finding users."""

from sqlalchemy import bindparam, select
from sqlalchemy.orm import joinedload

from clinic.accounts.models import User
from clinic.db import db

# Built once: every page of a signed-in user begins with it.
WITH_ROLES = (
    select(User)
    .options(joinedload(User.memberships))
    .where(User.id == bindparam("user_id"))
    .execution_options(populate_existing=True)
)


def user_of_session(session_id: str) -> User | None:
    """The user that a session cookie names, unless signed out everywhere since."""
    user_id, _, epoch = session_id.partition(".")
    if not user_id.isdigit() or not epoch.isdigit():
        return None
    found = db.session.scalars(WITH_ROLES, {"user_id": int(user_id)})
    user = found.unique().one_or_none()
    return user if user and user.epoch == int(epoch) else None


def find_user(contact: str) -> User | None:
    """The user with this normalised phone (`+86…`) or e-mail address."""
    field = User.email if "@" in contact else User.phone
    return db.session.scalar(select(User).where(field == contact))
