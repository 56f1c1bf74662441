"""The page behind a staff invitation's link: a new account, or the role for one that exists."""

from flask import Response, flash
from flask_babel import gettext as _
from flask_login import current_user

from clinic import clock
from clinic.accounts import staff_invitations
from clinic.accounts.access import me, public
from clinic.accounts.blueprint import bp
from clinic.accounts.contacts import masked_contact
from clinic.accounts.entering import enter, home_of
from clinic.accounts.forms import NewAccountForm
from clinic.accounts.models import StaffInvitation
from clinic.accounts.queries import find_user
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.fields import Form
from clinic.i18n import say
from clinic.web import render, see_other


@bp.route("/staff-invitations/<token>", methods=["GET", "POST"])
@public("who is invited has no account yet; the link is the secret")
def staff_invitation(token: str) -> Response:
    found = staff_invitations.find_invitation(token, now=clock.now())
    if found is None:
        return render("accounts/staff_invitation_gone.html", status=404)
    if known := find_user(found.contact):
        is_theirs = current_user.is_authenticated and me().id == known.id
        return _for_an_account(found, is_theirs=is_theirs)
    return _for_a_newcomer(found)


def _for_a_newcomer(invitation: StaffInvitation) -> Response:
    form = NewAccountForm(name=invitation.name)
    form.invited = invitation.contact
    if form.validate_on_submit():
        name, password = form.name.data or "", form.password.data or ""
        try:
            return in_one_transaction(
                lambda: enter(
                    staff_invitations.accept_anew(
                        invitation, name=name, password=password, now=clock.now()
                    ),
                    how="staff invitation",
                )
            )
        except DomainError as refused:
            form.form_errors = [say(refused)]
    return _page(invitation, form, is_new=True)


def _for_an_account(invitation: StaffInvitation, *, is_theirs: bool) -> Response:
    form = Form()
    if form.validate_on_submit():
        try:
            if not is_theirs:
                raise staff_invitations.OtherAccount
            user = in_one_transaction(
                lambda: staff_invitations.accept_as(invitation, me(), now=clock.now())
            )
        except DomainError as refused:
            form.form_errors = [say(refused)]
        else:
            flash(_("Welcome! You can begin."), "success")
            return see_other(home_of(user))
    return _page(invitation, form, is_theirs=is_theirs)


def _page(
    invitation: StaffInvitation, form: Form, *, is_new: bool = False, is_theirs: bool = False
) -> Response:
    return render(
        "accounts/staff_invitation.html",
        status=422 if form.errors else 200,
        form=form,
        invitation=invitation,
        contact=masked_contact(invitation.contact),
        is_new=is_new,
        is_theirs=is_theirs,
    )
