"""A family's own pages: joining, the overview, consents."""

from datetime import datetime

from flask import Response, flash, request, session
from flask_babel import gettext as _
from sqlalchemy.exc import IntegrityError

from clinic import clock
from clinic.accounts import codes, joining, limits
from clinic.accounts.access import allow, me, public
from clinic.accounts.contacts import masked_contact
from clinic.accounts.entering import enter
from clinic.accounts.models import Role
from clinic.accounts.queries import find_user
from clinic.db import db, in_one_transaction
from clinic.families import child_pages, guardian_pages, numbers, registering, slip_pages
from clinic.families.blueprint import bp
from clinic.families.forms import (
    RELATIONS,
    ConsentForm,
    FinishForm,
)
from clinic.families.models import ConsentKind
from clinic.families.queries import (
    children_of,
    children_with_guardians,
    has_consented,
    latest_consent,
    open_invitations,
)
from clinic.i18n import language, say
from clinic.web import next_or, render, see_other

__all__ = ["PAGES", "bp"]
# Importing them puts their pages into `bp`.
PAGES = (child_pages, guardian_pages, slip_pages)


@bp.route("/join", methods=["GET", "POST"])
@public("the last step of signing up, for whoever has proved a phone or an e-mail")
def join() -> Response:
    now, proof = clock.now(), session.get("proof")
    if not proof:
        return see_other("accounts.sign_up")
    contact = codes.proved(proof, now=now)
    if not contact:
        session.pop("proof")
        flash(say(joining.ProofGone()), "info")
        return see_other("accounts.sign_up")
    user = find_user(contact)
    if user and user.claimed_at and request.method == "GET":
        return see_other("accounts.sign_in")
    form, status = FinishForm(name=user.name if user else ""), 422
    form.proved = contact
    if form.validate_on_submit():
        try:
            answer = in_one_transaction(lambda: _join(proof, form, now))
        except (joining.ProofGone, IntegrityError):  # somebody else with that phone was first
            return see_other("families.join")
        except limits.TooOften as error:
            form.form_errors, status = [say(error)], 429
        else:
            flash(_("Welcome! You are signed in."), "success")
            return answer
    return render(
        "families/join.html",
        status=status if form.errors else 200,
        form=form,
        contact=masked_contact(contact),
    )


def _join(proof: int, form: FinishForm, now: datetime) -> Response:
    """Signed in, with an account. Raises ProofGone, TooOften or IntegrityError."""
    name, password = form.name.data or "", form.password.data
    user, is_new = joining.join(proof, name=name, password=password, now=now)
    if is_new:
        limits.spend(limits.ACCOUNT_ADDRESS, request.remote_addr or "", now=now)
        consents = list(ConsentKind)
        registering.record_consents(user, consents, language=language(), by=user, now=now)
    return enter(user, how="code")


@bp.get("")
@allow(Role.PARENT)
def index() -> Response:
    user = me()
    children = children_with_guardians([child.id for child in children_of(user)])
    firsts = {
        guardianship.child_id
        for child in children
        for guardianship in child.guardianships
        if guardianship.is_first and guardianship.user_id == user.id and not guardianship.revoked_at
    }
    return render(
        "families/index.html",
        relations={relation.value: relation.label for relation in RELATIONS},
        may_revoke={
            guardianship.id
            for child in children
            if child.id in firsts
            for guardianship in child.guardianships
        },
        children=sorted(children, key=lambda child: (child.birth_date, child.id)),
        invitations=open_invitations(user, clock.now()),
        consented=has_consented(user),
        number_of=numbers.shown,
    )


@bp.route("/consents", methods=["GET", "POST"])
@allow(Role.PARENT)
def consents() -> Response:
    """What I agreed to; agree again, or withdraw."""
    user = me()
    form = ConsentForm()
    withdrawing = "withdraw" in request.form
    if form.is_submitted() and (withdrawing or form.validate()):
        registering.record_consents(
            user,
            list(ConsentKind),
            language=language(),
            by=user,
            now=clock.now(),
            given=not withdrawing,
        )
        db.session.commit()
        flash(_("Withdrawn.") if withdrawing else _("Thank you. Saved."), "success")
        return see_other("families.consents") if withdrawing else next_or("families.consents")
    return render(
        "families/consents.html",
        status=422 if form.errors else 200,
        form=form,
        given=[latest_consent(user, kind) for kind in ConsentKind],
        consented=has_consented(user),
    )
