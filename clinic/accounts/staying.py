"""Staying signed in: re-entry of staff who were away, where one is signed in, and out everywhere."""

from datetime import datetime

from flask import Response, request, session
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts import codes, entering, sign_ins
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.blueprint import bp
from clinic.accounts.contacts import masked_contact
from clinic.accounts.forms import AgainByCodeForm, AgainForm
from clinic.accounts.models import Role, User
from clinic.accounts.sent_forms import each_time
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.web import leave_for, render, safe_next


@bp.route("/sign-in/again", methods=["GET", "POST"])
@allow(*Role)
@each_time("whoever is away again proves again who they are")
@names_nobody("it is where who was away comes back from")
def re_enter() -> Response:
    if target := safe_next(request.args.get("next")):
        session["next"] = target
    user = db.session.get_one(User, me().id)
    form: AgainForm | AgainByCodeForm = AgainForm() if user.password_hash else AgainByCodeForm()
    if form.is_submitted() and _is_right(user, form):
        return leave_for(safe_next(session.pop("next", None)) or "/")
    return render(
        "accounts/re_enter.html",
        status=422 if form.errors else 200,
        form=form,
        contact=masked_contact(_contact_of(user)),
        sent="send" in request.form and not form.errors,
    )


@bp.get("/sign-ins")
@allow(*Role)
@names_nobody("one's own browsers")
def own_sign_ins() -> Response:
    """Where one is signed in."""
    now = clock.now()
    found = sign_ins.of_user(me(), now=now)
    return render("accounts/sign_ins.html", sign_ins=found, this=me().sign_in_id)


@bp.post("/sign-out/everywhere")
@allow(*Role)
@each_time("twice is once")
@names_nobody("whoever is there may end it")
def sign_out_everywhere() -> Response:
    return entering.leave(everywhere=True)


def _contact_of(user: User) -> str:
    return user.phone or user.email or ""


def _is_right(user: User, form: AgainForm | AgainByCodeForm) -> bool:
    """Whether that proves who they are, or only sent them a code; commits."""
    now = clock.now()
    field = form.password if isinstance(form, AgainForm) else form.code
    try:
        if "send" in request.form and isinstance(form, AgainByCodeForm):
            codes.send_code(_contact_of(user), address=request.remote_addr or "", now=now)
        elif form.validate() and _proves(user, form, now):
            sign_ins.come_back(me().sign_in_id, now=now)
            audit.record("re-entry", user, by=user.id, now=now)
            db.session.commit()
            return True
    except DomainError as error:
        field.errors = [say(error)]
    db.session.commit()
    return False


def _proves(user: User, form: AgainForm | AgainByCodeForm, now: datetime) -> bool:
    contact = _contact_of(user)
    if isinstance(form, AgainForm):
        address, password = request.remote_addr or "", form.password.data or ""
        if entering.check_password(contact, password, address=address, now=now):
            return True
        form.password.errors = [_("Wrong account or password.")]
        return False
    try:
        codes.spend_proof(codes.use_code(contact, form.code.data or "", now=now), now=now)
    except codes.WrongCode:
        entering.refused(user, how="code", now=now)
        raise
    return True
