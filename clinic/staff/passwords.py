"""A colleague who has forgotten the password gets a link for a new one, shown once."""

from flask import Response, flash
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import one_time_links
from clinic.accounts.access import allow, fresh_proof, me, names_nobody
from clinic.accounts.models import Role, User
from clinic.accounts.sent_forms import each_time, token_of_form
from clinic.accounts.shown_once import show_once
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.hosts import public_url
from clinic.i18n import say
from clinic.staff.blueprint import bp, centre_and_person
from clinic.web import see_other


@bp.post("/<code>/people/<id:user_id>/password-link")
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("a person of the staff")
@fresh_proof("whoever has the link can come in as a colleague")
@each_time("the form's key makes the link, which only the answer shows")
def password_link(code: str, user_id: int) -> Response:
    _centre, colleague = centre_and_person(code, user_id)
    token = token_of_form(one_time_links.TOKEN_BYTES)

    def work() -> None:
        user = db.session.get_one(User, user_id)
        one_time_links.make_password_link(user, by=me(), now=clock.now(), token=token)

    try:
        in_one_transaction(work)
    except DomainError as refused:
        flash(say(refused), "info")
        return see_other("staff.person", code=code, user_id=user_id)
    assert colleague.user is not None
    return show_once(
        public_url("accounts.new_password", token=token),
        name=colleague.user.name,
        title=_("A new password"),
        says=_("It works once, within %(hours)s hours.", hours=24),
        back=("staff.person", {"code": code, "user_id": user_id}),
    )
