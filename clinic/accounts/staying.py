"""Who is signed in says again who they are: staff who were away, and everybody before what does harm."""

from datetime import datetime

from flask import Response, request, session
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts import codes, entering, second_factor, sign_ins
from clinic.accounts.access import allow, before_second_factor, me, names_nobody
from clinic.accounts.blueprint import bp
from clinic.accounts.contacts import masked_contact
from clinic.accounts.forms import (
    AgainByCodeForm,
    AgainForm,
    ProofByCodeForm,
    ProofForm,
    SecondForm,
)
from clinic.accounts.models import Role, User
from clinic.accounts.sent_forms import each_time
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.web import leave_for, render, safe_next

AnyAgainForm = AgainForm | AgainByCodeForm


@bp.route("/sign-in/again", methods=["GET", "POST"])
@allow(*Role)
@each_time("whoever is away again proves again who they are")
@names_nobody("it is where who was away comes back from")
@before_second_factor("it may be given here")
def re_enter() -> Response:
    """After half an hour the password is enough, for it is asked many times a day."""
    return _ask_again(asks_second=False)


@bp.route("/sign-in/proof", methods=["GET", "POST"])
@allow(*Role)
@each_time("whoever proves it twice has proved it")
@names_nobody("it is asked for before any page")
@before_second_factor("it may be given here")
def prove() -> Response:
    """Before what does harm if another person presses it."""
    return _ask_again(asks_second=second_factor.is_on(me().id))


def _ask_again(*, asks_second: bool) -> Response:
    if target := safe_next(request.args.get("next")):
        session["next"] = target
    user = db.session.get_one(User, me().id)
    form = _form(by_password=bool(user.password_hash), asks_second=asks_second)
    if form.is_submitted() and _is_right(user, form):
        return leave_for(safe_next(session.pop("next", None)) or "/")
    return render(
        "accounts/re_enter.html",
        status=422 if form.errors else 200,
        form=form,
        contact=masked_contact(_contact_of(user)),
        sent="send" in request.form and not form.errors,
    )


def _form(*, by_password: bool, asks_second: bool) -> AnyAgainForm:
    if asks_second:
        return ProofForm() if by_password else ProofByCodeForm()
    return AgainForm() if by_password else AgainByCodeForm()


def _contact_of(user: User) -> str:
    return user.phone or user.email or ""


def _is_right(user: User, form: AnyAgainForm) -> bool:
    """Whether that proves who they are, or only sent them a code; commits."""
    now = clock.now()
    field = form.password if isinstance(form, AgainForm) else form.code
    try:
        if "send" in request.form and isinstance(form, AgainByCodeForm):
            codes.send_code(_contact_of(user), asker=entering.asker_of(user), now=now)
        elif form.validate() and _proves(user, form, now):
            if has_second := isinstance(form, SecondForm):
                field = form.second
                typed, asker = form.second.data or "", entering.asker_of(user)
                second_factor.prove(user, typed, asker=asker, now=now)
            _note(user, has_second=has_second, now=now)
            db.session.commit()
            return True
    except DomainError as error:
        field.errors = [say(error)]
    db.session.commit()
    return False


def _note(user: User, *, has_second: bool, now: datetime) -> None:
    """They are back; it is a whole proof if nothing of what they have was left out."""
    if has_second or not second_factor.is_on(user.id):
        sign_ins.prove_again(me().sign_in_id, has_second=has_second, now=now)
    else:
        sign_ins.come_back(me().sign_in_id, now=now)
    audit.record("re-entry", user, by=user.id, now=now)


def _proves(user: User, form: AnyAgainForm, now: datetime) -> bool:
    contact = _contact_of(user)
    if isinstance(form, AgainForm):
        if entering.check_password(contact, form.password.data or "", now=now):
            return True
        form.password.errors = [_("Wrong account or password.")]
        return False
    try:
        asker = entering.asker_of(user)
        codes.spend_proof(
            codes.use_code(contact, form.code.data or "", asker=asker, now=now), now=now
        )
    except codes.WrongCode:
        entering.refused(user, how="code", now=now)
        raise
    return True
