"""Which centres a person may set up: administrators every one, managers their own."""

from sqlalchemy import ColumnElement, select, true

from clinic.accounts.models import Person, Role
from clinic.centres.models import Centre
from clinic.db import db


def _managed_by(user: Person) -> ColumnElement[bool]:
    if Role.ADMIN in user.roles:
        return true()
    return Centre.id.in_(user.centre_ids(Role.MANAGER))


def centres_managed_by(user: Person) -> list[Centre]:
    """The centres that this user may set up, in the order they were founded."""
    return list(db.session.scalars(select(Centre).where(_managed_by(user)).order_by(Centre.id)))


def managed_centre(user: Person, code: str) -> Centre:
    """The centre of that code, which this user may set up. Raises NoResultFound."""
    query = select(Centre).where(Centre.code == code, _managed_by(user))
    return db.session.execute(query).scalar_one()
