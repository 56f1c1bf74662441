"""Pages that invite people to work here: the link is shown once, to copy or to print."""

import hashlib
from datetime import datetime

from flask import Response, abort, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import limits, memberships, staff_invitations
from clinic.accounts.access import allow, fresh_proof, me, names_nobody
from clinic.accounts.models import Role, StaffInvitation
from clinic.accounts.sent_forms import each_time, token_of_form
from clinic.accounts.shown_once import show_once
from clinic.centres.managed import managed_centre
from clinic.centres.models import Centre
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.hosts import public_url
from clinic.i18n import name_of, say
from clinic.outside import id_of, pick
from clinic.staff import people, practitioners
from clinic.staff.blueprint import bp
from clinic.staff.changing import WHY, chosen_practitioner
from clinic.staff.forms import AdministratorForm, InvitationForm
from clinic.staff.words import duty
from clinic.web import render, see_other, shown_on


@bp.route("/<code>/invitations/new", methods=["GET", "POST"])
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("people of the staff")
@each_time("the form's key makes the link, which only the answer shows")
def invite(code: str) -> Response:
    centre, status = managed_centre(me(), code), 422
    free = practitioners.without_sign_in(centre)
    chosen = pick(free, id_of(request.args, "practitioner"))
    form = InvitationForm(
        free=free,
        name=name_of(chosen) if chosen else "",
        practitioner=str(chosen.id) if chosen else "",
        roles=[Role.CLINICIAN.value] if chosen else [],
    )
    if form.validate_on_submit():
        token = _token_for(form.contact.data, form.name.data, form.roles.data)
        try:
            made = in_one_transaction(lambda: _invite(form, centre, token, clock.now()))
        except (memberships.HasRole, staff_invitations.IsInvited) as refused:
            form.contact.errors = [say(refused)]
        except limits.TooOften as refused:
            form.form_errors, status = [say(refused)], 429
        except DomainError as refused:
            form.form_errors = [say(refused)]
        else:
            return _show(made, token)
        centre = managed_centre(me(), code)
    return render(
        "staff/invite.html", status=status if form.errors else 200, form=form, centre=centre
    )


def _invite(form: InvitationForm, centre: Centre, token: str, now: datetime) -> StaffInvitation:
    if known := staff_invitations.find_invitation(token, now=now):
        return known  # a second click
    contact, roles = form.contact.data or "", form.chosen()
    staff_invitations.must_be_new(roles, contact, centre.id, now=now)
    practitioner = chosen_practitioner(form, centre, now) if form.is_clinician else None
    if practitioner:
        practitioners.must_be_free(practitioner, contact)
    main, *also = sorted(roles)  # of several roles a clinician's comes first
    invitation, _token = staff_invitations.invite(
        name=form.name.data or "",
        contact=contact,
        role=main,
        also=also,
        centre_id=centre.id,
        profession=form.chosen_profession(),
        practitioner_id=practitioner.id if practitioner else None,
        by=me(),
        now=now,
        token=token,
    )
    return invitation


def _show(invitation: StaffInvitation, token: str) -> Response:
    """The link, and what becomes of it."""
    code = None
    if invitation.centre_id:
        centre = db.session.get_one(Centre, invitation.centre_id)
        code = centre.code
    return show_once(
        public_url("accounts.staff_invitation", token=token),
        name=invitation.name,
        title=_("Invitation"),
        says=_("It works once, within %(hours)s hours.", hours=_hours(staff_invitations.GOOD_FOR)),
        back=("staff.people", {"code": code}) if code else ("staff.administrators", {}),
    )


def _token_for(*typed: object) -> str:
    """The secret of a link: for each click on the form the same, while it holds the same."""
    made_of = f"{token_of_form(staff_invitations.TOKEN_BYTES)} {typed}"
    return hashlib.sha256(made_of.encode()).hexdigest()


def duties_of(invitation: StaffInvitation) -> list[str]:
    """As what somebody is invited, as English msgids."""
    roles = (invitation.role, *map(Role, invitation.also))
    return [duty(role, invitation.profession if role is Role.CLINICIAN else None) for role in roles]


def _hours(good_for: object) -> int:
    return int(good_for.total_seconds() // 3600)  # type: ignore[attr-defined]


@bp.post("/invitations/<id:staff_invitation_id>/withdrawal")
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("people of the staff")
@shown_on("staff.index")
def withdraw(staff_invitation_id: int) -> Response:
    invitation = _invitation(staff_invitation_id)
    try:
        in_one_transaction(lambda: staff_invitations.withdraw(invitation, by=me(), now=clock.now()))
    except DomainError as refused:
        flash(say(refused), "info")
    else:
        flash(_("The link no longer works."))
    return _to_the_list(invitation)


@bp.post("/invitations/<id:staff_invitation_id>/renewal")
@allow(Role.MANAGER, Role.ADMIN)
@names_nobody("people of the staff")
@shown_on("staff.index")
@each_time("the form's key makes the link, which only the answer shows")
def renew(staff_invitation_id: int) -> Response:
    """Another link in place of one that was lost or is too old."""
    invitation = _invitation(staff_invitation_id)
    token = token_of_form(staff_invitations.TOKEN_BYTES)
    try:
        in_one_transaction(
            lambda: staff_invitations.renew(invitation, by=me(), now=clock.now(), token=token)
        )
    except DomainError as refused:
        flash(say(refused), "info")
        return _to_the_list(invitation)
    return _show(invitation, token)


def _invitation(number: int) -> StaffInvitation:
    """An invitation to a centre that this user manages, or (for administrators) of an administrator."""
    invitation = db.session.get(StaffInvitation, number) or abort(404)
    if Role.ADMIN not in me().roles and invitation.centre_id not in me().centre_ids(Role.MANAGER):
        abort(404)
    return invitation


def _to_the_list(invitation: StaffInvitation) -> Response:
    if invitation.centre_id is None:
        return see_other("staff.administrators")
    return see_other("staff.people", code=db.session.get_one(Centre, invitation.centre_id).code)


@bp.get("/administrators")
@allow(Role.ADMIN)
@names_nobody("people of the staff")
def administrators() -> Response:
    return _administrators(AdministratorForm())


@bp.post("/administrators/invitation")
@allow(Role.ADMIN)
@names_nobody("people of the staff")
@fresh_proof(WHY)
@each_time("the form's key makes the link, which only the answer shows")
def invite_administrator() -> Response:
    form, status = AdministratorForm(), 422
    if form.validate_on_submit():
        name, contact = form.name.data or "", form.contact.data or ""
        token = _token_for(contact, name)

        def work() -> StaffInvitation:
            now = clock.now()
            if known := staff_invitations.find_invitation(token, now=now):
                return known  # a second click
            staff_invitations.must_be_new({Role.ADMIN}, contact, None, now=now)
            facts = {"name": name, "contact": contact, "role": Role.ADMIN}
            return staff_invitations.invite(**facts, by=me(), now=now, token=token)[0]  # type: ignore[arg-type]

        try:
            return _show(in_one_transaction(work), token)
        except limits.TooOften as refused:
            form.form_errors, status = [say(refused)], 429
        except DomainError as refused:
            form.contact.errors = [say(refused)]
    return _administrators(form, status)


def _administrators(form: AdministratorForm, status: int = 200) -> Response:
    return render(
        "staff/administrators.html",
        status=status,
        form=form,
        people=people.administrators(),
        duties_of=duties_of,
        invitations=staff_invitations.unanswered(None, now=clock.now()),
    )


@bp.post("/administrators/<id:user_id>/removal")
@allow(Role.ADMIN)
@names_nobody("people of the staff")
@fresh_proof(WHY)
def remove_administrator(user_id: int) -> Response:
    names = {each.user.id: each.user.name for each in people.administrators() if each.user}
    name = names.get(user_id)
    if name is None:
        abort(404)

    def work() -> None:
        for held in memberships.of_user_at(user_id, None):
            memberships.end(held, by=me(), now=clock.now())

    try:
        in_one_transaction(work)
    except DomainError as refused:
        flash(say(refused), "info")
    else:
        flash(_("%(name)s is no longer an administrator.", name=name))
    return see_other("staff.administrators")
