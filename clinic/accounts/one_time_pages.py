"""The pages behind links that work once: a new password, and a family's slip."""

from flask import Response, flash, request, session
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import entering, limits, one_time_links
from clinic.accounts.access import public
from clinic.accounts.blueprint import bp
from clinic.accounts.forms import NewPasswordForm, SlipForm
from clinic.accounts.models import Purpose
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.web import render, see_other


@bp.route("/sign-in/new-password/<token>", methods=["GET", "POST"])
@public("who was given the link has no password that works; the link is the secret")
def new_password(token: str) -> Response:
    link = one_time_links.find(token, Purpose.PASSWORD, now=clock.now())
    if link is None:
        return render("accounts/staff_invitation_gone.html", status=404)
    form = NewPasswordForm(link.user)
    if form.validate_on_submit():
        password = form.new_password.data or ""
        try:
            in_one_transaction(
                lambda: one_time_links.reset_password(link, password, now=clock.now())
            )
        except DomainError as refused:
            form.form_errors = [say(refused)]
        else:
            flash(_("Your new password is set. Please sign in with it."), "success")
            return see_other("accounts.sign_in_password")
    return render(
        "accounts/new_password.html",
        status=422 if form.errors else 200,
        form=form,
        name=link.user.name,
    )


@bp.route("/sign-in/slip", methods=["GET", "POST"])
@public("a family that never signed in has nothing but the slip that reception gave it")
def slip() -> Response:
    """The code of a slip; who has one goes on to choose a password."""
    form, status = SlipForm(code=""), 422
    if form.validate_on_submit():
        now, code = clock.now(), form.code.data or ""
        try:
            limits.spend(limits.SLIP_ADDRESS, request.remote_addr or "", now=now)
        except limits.TooOften as refused:
            form.code.errors, status = [say(refused)], 429
        else:
            if one_time_links.find(code, Purpose.SLIP, now=now):
                db.session.commit()
                session["slip"] = code
                return see_other("families.join_by_slip")
            entering.refused(None, how="slip", now=now)
            form.code.errors = [say(one_time_links.SlipGone())]
        db.session.commit()
    return render("accounts/slip.html", status=status if form.errors else 200, form=form)


@bp.get("/sign-in/slip/<secret>")
@public("the QR code of such a slip leads here")
def scanned_slip(secret: str) -> Response:
    """The same page, its code filled in: a preview of the link uses nothing up."""
    code = one_time_links.code_of(secret) or ""
    return render(
        "accounts/slip.html", form=SlipForm(code=one_time_links.spoken(code) if code else "")
    )
