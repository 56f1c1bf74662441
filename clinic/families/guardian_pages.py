"""Pages that invite a second guardian, admit one, and end a guardianship."""

from functools import partial

from flask import Response, abort, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import limits
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.accounts.sent_forms import each_time, token_of_form
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.families import registering
from clinic.families.blueprint import bp
from clinic.families.consenting import needs_consent
from clinic.families.forms import (
    SEXES,
    InvitationForm,
)
from clinic.families.models import Child, Relation
from clinic.families.pinyin import masked_name
from clinic.families.queries import (
    get_guardianship,
    open_invitations,
)
from clinic.hosts import public_url
from clinic.i18n import age, say
from clinic.web import render, see_other, shown_on


@bp.route("/invitations", methods=["GET", "POST"])
@allow(Role.PARENT)
@each_time("the form's key makes the link, which only the answer shows")
@needs_consent
def invite() -> Response:
    form, status, link = InvitationForm(), 422, None
    children = registering.shared_by(me())
    if form.validate_on_submit() and children:
        relation, wanted = Relation(form.relation.data), token_of_form(registering.TOKEN_BYTES)
        try:
            _row, token = in_one_transaction(
                lambda: registering.invite(
                    relation=relation, by=me(), now=clock.now(), token=wanted
                )
            )
            link = public_url("families.invitation", token=token)
        except limits.TooOften as error:
            form.form_errors, status = [say(error)], 429
    return render(
        "families/invite.html",
        status=status if form.errors else 200,
        form=form,
        link=link,
        children=registering.shared_by(me()),
        days=registering.INVITATION_GOOD_FOR.days,
    )


@bp.post("/invitations/<id:invitation_id>/withdrawal")
@allow(Role.PARENT)
@shown_on("families.invite")
def withdraw_invitation(invitation_id: int) -> Response:
    now = clock.now()
    for invitation in open_invitations(me(), now):
        if invitation.id == invitation_id:
            in_one_transaction(
                partial(registering.withdraw_invitation, invitation, by=me(), now=now)
            )
            flash(_("The link no longer works."), "success")
            return see_other("families.index")
    return abort(404)


@bp.route("/invitations/<token>", methods=["GET", "POST"])
@allow(Role.PARENT)
@needs_consent
def invitation(token: str) -> Response:
    now = clock.now()
    found = registering.find_invitation(token, now=now)
    if found is None:
        return render("families/invitation_gone.html", status=404)
    error = None
    if request.method == "POST":
        try:
            children = in_one_transaction(lambda: registering.accept(found, by=me(), now=now))
        except DomainError as refused:
            error = say(refused)
        else:
            names = _(", ").join(child.name for child in children)
            flash(_("You now see %(names)s here.", names=names), "success")
            return see_other("families.index")
    return render(
        "families/invitation.html",
        status=422 if error else 200,
        error=error,
        inviter=found.invited_by.name,
        children=[_told_to_a_guest(child) for child in registering.shared_by(found.invited_by)],
    )


def _told_to_a_guest(child: Child) -> str:
    """Enough to know siblings apart: the link may have come to the wrong person."""
    sexes = {choice.value: choice.label for choice in SEXES}
    told: str = _(
        "%(name)s (%(sex)s, %(age)s)",
        name=masked_name(child.name),
        sex=sexes[child.sex.value],
        age=age(child.birth_date, clock.clinic_day(clock.now())),
    )
    return told


@bp.post("/guardianships/<id:guardianship_id>/revocation")
@allow(Role.PARENT)
def revoke(guardianship_id: int) -> Response:
    by, now = me(), clock.now()
    in_one_transaction(
        lambda: registering.revoke(get_guardianship(by, guardianship_id), by=by, now=now)
    )
    flash(_("That guardian no longer sees the child."), "success")
    return see_other("families.index")
