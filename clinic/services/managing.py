"""The centres of a manager, for the pages that a service has for them. Everything starts from the user."""

from flask import abort, request
from sqlalchemy import select

from clinic.accounts.access import me
from clinic.accounts.models import Person, Role
from clinic.centres.models import Centre
from clinic.db import db


def centres_of(user: Person) -> list[Centre]:
    """The centres that this user manages."""
    ids = user.centre_ids(Role.MANAGER)
    return list(db.session.scalars(select(Centre).where(Centre.id.in_(ids)).order_by(Centre.id)))


def centre_asked_for() -> Centre:
    """The centre of the address, or the first that this user manages; 404 for any other."""
    code = request.args.get("centre")
    mine = (centre for centre in centres_of(me()) if code in (None, "", centre.code))
    return next(mine, None) or abort(404)
