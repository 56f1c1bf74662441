"""One's own password: chosen, or changed."""

from flask import Response, flash
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import entering
from clinic.accounts.access import allow, demo_mode, fresh_proof, me, names_nobody
from clinic.accounts.blueprint import bp
from clinic.accounts.choosing_passwords import set_password
from clinic.accounts.demo_sign_ins import is_shared
from clinic.accounts.forms import ChangePasswordForm, NewPasswordForm
from clinic.accounts.limits import TooOften
from clinic.accounts.models import Role, User
from clinic.accounts.sent_forms import each_time
from clinic.db import db
from clinic.i18n import say
from clinic.web import render, see_other


@bp.route("/password", methods=["GET", "POST"])
@allow(*Role)
@each_time("a second click has another old password, and is refused")
@names_nobody("one's own password")
@fresh_proof("who finds a phone unlocked may not keep its owner out")
def own_password() -> Response:
    user = db.session.get_one(User, me().id)
    if demo_mode() and is_shared(user):
        return render("accounts/shared_sign_in.html", title=_("Password"))
    form = (ChangePasswordForm if user.password_hash else NewPasswordForm)(user)
    if form.validate_on_submit() and _is_theirs(user, form):
        set_password(user, form.new_password.data, by=user, but=me().sign_in_id, now=clock.now())
        db.session.commit()
        flash(_("Your new password is good from now on. You were signed out elsewhere."), "success")
        return see_other("accounts.own_sign_ins")
    return render("accounts/password.html", status=422 if form.errors else 200, form=form)


def _is_theirs(user: User, form: NewPasswordForm) -> bool:
    """Whether the old password is right, where there is one; commits the try."""
    if not isinstance(form, ChangePasswordForm):
        return True
    contact, typed = user.phone or user.email or "", form.password.data or ""
    try:
        if entering.check_password(contact, typed, now=clock.now()):
            return True
        form.password.errors = [_("This is not your old password.")]
    except TooOften as error:
        form.password.errors = [say(error)]
    db.session.commit()
    return False
