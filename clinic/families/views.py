"""A family's own pages: joining, children, guardians, consents."""

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, Response, abort, flash, request, session
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm.exc import StaleDataError

from clinic import clock
from clinic.accounts import codes, joining, limits
from clinic.accounts.access import allow, me, public
from clinic.accounts.contacts import masked_contact
from clinic.accounts.entering import enter
from clinic.accounts.models import Role, User
from clinic.accounts.queries import find_user
from clinic.accounts.sent_forms import each_time, token_of_form
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families import numbers, registering
from clinic.families.consenting import needs_consent
from clinic.families.forms import (
    RELATIONS,
    SEXES,
    ConsentForm,
    EditChildForm,
    FinishForm,
    InvitationForm,
    NewChildForm,
)
from clinic.families.models import Child, ConsentKind, Relation
from clinic.families.pinyin import masked_name
from clinic.families.queries import (
    children_of,
    children_with_guardians,
    get_child,
    get_guardianship,
    has_consented,
    known_child,
    latest_consent,
    open_invitations,
)
from clinic.hosts import public_url
from clinic.i18n import age, language, say
from clinic.web import leave_for, render, safe_next, see_other, shown_on

bp = Blueprint("families", __name__, url_prefix="/family")
SHOWN = (
    "name",
    "sex",
    "birth_date",
    "birth_weight_g",
    "gestation_weeks",
    "allergies",
    "version",
)


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
    if form.validate_on_submit():
        try:
            return _join(proof, form, now)
        except limits.TooOften as error:
            db.session.rollback()
            form.name.errors, status = [say(error)], 429
    return render(
        "families/join.html",
        status=status if form.errors else 200,
        form=form,
        contact=masked_contact(contact),
    )


def _join(proof: int, form: FinishForm, now: datetime) -> Response:
    """Signed in, with an account. Raises TooOften."""
    name, password = form.name.data or "", form.password.data
    try:
        user, is_new = joining.join(proof, name=name, password=password, now=now)
        if is_new:
            limits.spend(limits.ACCOUNT_ADDRESS, request.remote_addr or "", now=now)
            consents = list(ConsentKind)
            registering.record_consents(user, consents, language=language(), by=user, now=now)
        answer = enter(user, how="code")
    except (joining.ProofGone, IntegrityError):  # somebody else with that phone was first
        db.session.rollback()
        return see_other("families.join")
    flash(_("Welcome! You are signed in."), "success")
    return answer


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


def _on_or(endpoint: str) -> Response:
    """Back to what this page was opened for (`?next=`), or to that page."""
    target = safe_next(request.args.get("next"))
    return leave_for(target) if target else see_other(endpoint)


@bp.route("/children/new", methods=["GET", "POST"])
@allow(Role.PARENT)
@needs_consent
def new_child() -> Response:
    form, status = NewChildForm(today=clock.clinic_day(clock.now())), 422
    if form.validate_on_submit() and not _is_known(form):
        try:
            _register(form)
        except limits.TooOften as error:
            db.session.rollback()
            form.name.errors, status = [say(error)], 429
        else:
            flash(_("%(name)s has been added.", name=form.name.data), "success")
            return _on_or("families.index")
    return render(
        "families/child.html",
        status=status if form.errors else 200,
        form=form,
        child=None,
        is_stale=False,
        saved={},
    )


def _register(form: NewChildForm) -> None:
    """The child of the form; commits. Raises TooOften."""
    user, now = me(), clock.now()
    limits.spend(limits.CHILD, str(user.id), now=now)
    relation = Relation(form.relation.data)
    facts = form.facts()
    registering.register_child(guardian=user, relation=relation, by=user, now=now, **facts)  # type: ignore[arg-type]
    db.session.commit()


@bp.route("/children/<id:child_id>", methods=["GET", "POST"])
@allow(Role.PARENT)
def edit_child(child_id: int) -> Response:
    child = get_child(me(), child_id)
    known = {name: getattr(child, name) for name in SHOWN}
    form = EditChildForm(data=known, today=clock.clinic_day(clock.now()))
    is_stale = form.is_submitted() and form.version.data != child.version
    # Sealed numbers are never sent back to a browser: left empty, they stay as they are.
    if not is_stale and form.validate_on_submit():
        facts = form.facts()
        for sealed in numbers.NUMBERS:
            if not facts[sealed]:
                del facts[sealed]
        try:
            is_saved = _change(child, form, facts)
        except StaleDataError:  # another guardian saved between the page's look and its change
            db.session.rollback()
            is_saved, is_stale = False, True
        if is_saved:
            flash(_("Saved."), "success")
            return see_other("families.index")
    if is_stale:
        form.version.data = child.version
    return render(
        "families/child.html",
        status=409 if is_stale else 422 if form.errors else 200,
        is_stale=is_stale,
        saved=_saved_by_others(child, form) if is_stale else {},
        form=form,
        child=child,
        number_of=numbers.shown,
    )


def _saved_by_others(child: Child, form: EditChildForm) -> dict[str, str]:
    """What is on record and is not what was typed, by field."""
    sexes = {choice.value: choice.label for choice in SEXES}
    found = {}
    for name in SHOWN[:-1]:
        value = getattr(child, name)
        if form[name].data != value:
            text = str(sexes[value] if name == "sex" else "" if value is None else value)
            found[name] = _("On record now: %(what)s", what=text or _("nothing"))
    return found


def _change(child: Child, form: EditChildForm, facts: Mapping[str, object]) -> bool:
    """Save these facts; what stands against the date of birth is said at its field."""
    by, now = me(), clock.now()
    try:
        in_one_transaction(lambda: registering.change_child(child, by=by, now=now, **facts))
    except DomainError as refused:
        form.birth_date.errors = [say(refused)]
        return False
    return True


def _is_known(form: NewChildForm) -> bool:
    """Whether this guardian has a child of that name and birth date; says so at the field."""
    # Of several clicks at the same moment each waits here for the one before, and finds its child.
    db.session.execute(select(User.id).where(User.id == me().id).with_for_update(key_share=True))
    known = known_child(me(), form.name.data, form.birth_date.data)
    if known:
        form.name.errors = [_("This child is already in your family.")]
    return known is not None


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
            form.relation.errors, status = [say(error)], 429
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
            registering.withdraw_invitation(invitation, by=me(), now=now)
            db.session.commit()
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
            children = registering.accept(found, by=me(), now=now)
        except DomainError as refused:
            db.session.rollback()
            error = say(refused)
        else:
            db.session.commit()
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
        return see_other("families.consents") if withdrawing else _on_or("families.consents")
    return render(
        "families/consents.html",
        status=422 if form.errors else 200,
        form=form,
        given=[latest_consent(user, kind) for kind in ConsentKind],
        consented=has_consented(user),
    )
