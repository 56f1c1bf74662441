"""A colleague who lost phone and recovery codes: the second step of signing in begins anew."""

from flask import Response, abort, flash
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import second_factor
from clinic.accounts.access import allow, fresh_proof, me, names_nobody
from clinic.accounts.models import Role, User
from clinic.db import db
from clinic.staff.blueprint import bp, centre_and_person
from clinic.web import see_other


def may_reset(user: User) -> bool:
    """Whether there is one, and whoever is signed in may take it off."""
    return _is_theirs_to_reset(user) and second_factor.is_on(user.id)


def _is_theirs_to_reset(user: User) -> bool:
    """Not for themselves, nor a manager for an administrator."""
    is_above = Role.ADMIN in user.roles and Role.ADMIN not in me().roles
    return user.id != me().id and not is_above


@bp.post("/<code>/people/<id:user_id>/second-factor")
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("a person of the staff")
@fresh_proof("it takes away half of what protects a colleague's sign-in")
def reset_second_factor(code: str, user_id: int) -> Response:
    """Take the second factor off, after seeing the person; all their sign-ins end."""
    _centre, colleague = centre_and_person(code, user_id)
    user = colleague.user
    if user is None or not _is_theirs_to_reset(user):
        abort(404)
    if not second_factor.is_on(user.id):  # it was taken off meanwhile
        return see_other("staff.person", code=code, user_id=user_id)
    second_factor.remove(user, by=me(), now=clock.now())
    db.session.commit()
    flash(_("It is off. At the next sign-in the password is enough."), "success")
    return see_other("staff.person", code=code, user_id=user_id)
