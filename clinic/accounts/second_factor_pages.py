"""The second step of signing in; and one's own second factor: set up, recovery codes made anew, taken off."""

from datetime import datetime

from flask import Response, flash, request, session
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import entering, second_factor, second_factor_rules, sign_ins
from clinic.accounts.access import (
    allow,
    before_second_factor,
    demo_mode,
    fresh_proof,
    me,
    names_nobody,
    public,
)
from clinic.accounts.blueprint import bp
from clinic.accounts.demo_sign_ins import is_shared
from clinic.accounts.forms import FirstCodeForm, SecondForm
from clinic.accounts.models import Role, User
from clinic.accounts.sent_forms import each_time, stays
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.web import render, see_other

STAFF = tuple(role for role in Role if role is not Role.PARENT)
OWN, OPEN = "one's own second factor", "it is where one is set up"
WHY = "who finds a computer unlocked may not change who can sign in"


@bp.route("/sign-in/second", methods=["GET", "POST"])
@public("the second step of signing in; the first was right")
def second_step() -> Response:
    half = entering.half_in()
    if half is None:
        session.pop("half", None)
        return see_other("accounts.sign_in_password")
    (user, how), form = half, SecondForm()
    if form.validate_on_submit():
        typed, asker = form.second.data or "", entering.asker_of(user)
        try:
            second_factor.prove(user, typed, asker=asker, now=clock.now())
        except DomainError as error:
            form.second.errors = [say(error)]
            db.session.commit()
        else:
            return entering.enter_wholly(user, how=f"{how}, second factor", has_second=True)
    return render("accounts/second_step.html", status=422 if form.errors else 200, form=form)


@bp.get("/second-factor")
@allow(*STAFF)
@names_nobody(OWN)
@before_second_factor(OPEN)
@fresh_proof(WHY)
def own_second_factor() -> Response:
    return _page(FirstCodeForm(formdata=None))


def _page(form: FirstCodeForm) -> Response:
    user = db.session.get_one(User, me().id)
    if demo_mode() and is_shared(user):
        return render("accounts/shared_sign_in.html", title=_("Second step of signing in"))
    factor = second_factor.of_user(user.id)
    is_pending = factor is not None and factor.confirmed_at is None
    answer = render(
        "accounts/second_factor.html",
        status=422 if form.errors else 200,
        form=form,
        factor=factor,
        is_required=second_factor_rules.is_required_of(me().roles),
        has_given=me().has_second,
        qr=second_factor.qr(user, factor) if factor and is_pending else "",
        secret=second_factor.in_groups(factor.secret) if factor and is_pending else "",
        left=second_factor.recovery_codes_left(user.id),
    )
    if is_pending:
        answer.headers["Cache-Control"] = "no-store, no-transform"  # it shows a lasting secret
    return answer


def _may_change() -> bool:
    """Whether this sign-in is one person's; the demo's are everybody's."""
    return not (demo_mode() and is_shared(db.session.get_one(User, me().id)))


@bp.post("/second-factor/begin")
@allow(*STAFF)
@names_nobody(OWN)
@before_second_factor(OPEN)
@fresh_proof(WHY)
@each_time("twice is once")
def begin_second_factor() -> Response:
    if _may_change():
        second_factor.begin(me(), now=clock.now())
        db.session.commit()
    return see_other("accounts.own_second_factor")


@bp.post("/second-factor/confirm")
@allow(*STAFF)
@names_nobody(OWN)
@before_second_factor(OPEN)
@fresh_proof(WHY)
@each_time("a code is taken once")
def confirm_second_factor() -> Response:
    form, now = FirstCodeForm(), clock.now()
    factor = second_factor.of_user(me().id)
    if factor is None or factor.confirmed_at:
        return see_other("accounts.own_second_factor")
    if form.validate_on_submit():
        user = db.session.get_one(User, me().id)
        try:
            codes = second_factor.confirm(
                user, form.second.data or "", asker=entering.asker_of(user), now=now
            )
        except DomainError as error:
            form.second.errors = [say(error)]
            db.session.commit()
        else:
            sign_ins.prove_again(me().sign_in_id, has_second=True, now=now)
            return _show(codes)
    return _page(form)


@bp.post("/second-factor/recovery-codes")
@allow(*STAFF)
@names_nobody(OWN)
@fresh_proof(WHY)
@stays
def renew_recovery_codes() -> Response:
    if not second_factor.is_on(me().id):
        return see_other("accounts.own_second_factor")
    return _show(second_factor.make_recovery_codes(me(), now=clock.now()))


def _show(codes: list[str]) -> Response:
    """The codes, this once; commits."""
    db.session.commit()
    answer = render("accounts/recovery_codes.html", codes=codes)
    answer.headers["Cache-Control"] = "no-store, no-transform"
    return answer


@bp.post("/second-factor/off")
@allow(*STAFF)
@names_nobody(OWN)
@fresh_proof(WHY)
@each_time("twice is once")
def take_off_second_factor() -> Response:
    now: datetime = clock.now()
    if second_factor_rules.is_required_of(me().roles):
        flash(_("Your role needs the second step, so it stays on."), "info")
    elif "off" in request.form:
        second_factor.remove(me(), by=me(), now=now)
        db.session.commit()
        flash(_("The second step is off."), "success")
    return see_other("accounts.own_second_factor")
