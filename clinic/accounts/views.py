"""Signing in and up, the language, the place one is near, and the demo inbox."""

from flask import Response, abort, flash, request, session
from flask_babel import gettext as _

from clinic import clock, i18n, outside
from clinic.accounts import (
    codes,
    entering,
    kept_forms,
    limits,
    one_time_pages,
    password_pages,
    rights_page,
    second_factor_pages,
    sign_in_pages,
    staff_invitation_page,
    staying,
)
from clinic.accounts.access import allow, demo_mode, me, public
from clinic.accounts.blueprint import bp
from clinic.accounts.contacts import masked_contact
from clinic.accounts.demo_sign_ins import demo_sign_ins
from clinic.accounts.forms import CodeForm, ContactForm, PasswordForm
from clinic.accounts.models import Role
from clinic.accounts.queries import find_user
from clinic.accounts.sent_forms import each_time
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.messages import NoGateway, demo_messages
from clinic.outside import degrees
from clinic.web import leave_for, render, safe_next, see_other, way_back

__all__ = ["PAGES", "bp"]
# Importing them puts their pages into `bp`.
PAGES = (
    one_time_pages,
    staying,
    sign_in_pages,
    password_pages,
    second_factor_pages,
    rights_page,
    staff_invitation_page,
)


YEAR = 365 * 24 * 60 * 60


@bp.route("/sign-in", methods=["GET", "POST"])
@public("how else would one sign in")
def sign_in() -> Response:
    return _ask_for_a_code("accounts/sign_in.html")


@bp.route("/sign-up", methods=["GET", "POST"])
@public("how else would one sign up")
def sign_up() -> Response:
    return _ask_for_a_code("accounts/sign_up.html")


def _ask_for_a_code(page: str) -> Response:
    if target := safe_next(request.args.get("next")):
        session["next"] = target
    form = ContactForm(contact=kept_forms.carried_contact())
    if form.validate_on_submit():
        contact: str = form.contact.data
        try:
            refusal = in_one_transaction(lambda: _send_code(contact))
        except NoGateway as error:
            refusal = error
        if refusal is None or isinstance(refusal, codes.JustSent):
            session["contact"] = contact
            if refusal:
                flash(_("A code was sent a moment ago. It is still good."), "info")
            return see_other("accounts.sign_in_code")
        form.contact.errors = [say(refusal)]
    return render(
        page,
        status=422 if form.errors else 200,
        form=form,
        demo_sign_ins=demo_sign_ins() if demo_mode() else [],
    )


def _send_code(contact: str) -> DomainError | None:
    """Send a code. A refusal of one more is returned, not raised: its count is committed.

    Raises NoGateway.
    """
    try:
        asker = entering.asker_of(find_user(contact))
        codes.send_code(contact, asker=asker, now=clock.now())
    except limits.TooOften as refusal:
        return refusal
    return None


@bp.route("/sign-in/code", methods=["GET", "POST"])
@public("the second step of signing in")
def sign_in_code() -> Response:
    contact = session.get("contact")
    if not contact:
        return see_other("accounts.sign_in")
    form = CodeForm()
    if form.validate_on_submit():
        now, user = clock.now(), find_user(contact)
        try:
            asker = entering.asker_of(user)
            proof = codes.use_code(contact, form.code.data or "", asker=asker, now=now)
        except (codes.WrongCode, limits.TooOften) as error:
            if isinstance(error, codes.WrongCode):
                entering.refused(user, how="code", now=now)
            db.session.commit()
            form.code.errors = [say(error)]
        else:
            session.pop("contact")
            if user and user.claimed_at:
                codes.spend_proof(proof, now=now)
                return entering.enter(user, how="code")
            db.session.commit()
            session["proof"] = proof
            return see_other("families.join")
    return render(
        "accounts/sign_in_code.html",
        status=422 if form.errors else 200,
        form=form,
        contact=masked_contact(contact),
    )


@bp.route("/sign-in/password", methods=["GET", "POST"])
@public("the other way to sign in")
def sign_in_password() -> Response:
    form = PasswordForm(contact=kept_forms.carried_contact())
    if form.validate_on_submit():
        contact: str = form.contact.data
        try:
            user = entering.check_password(contact, form.password.data or "", now=clock.now())
        except limits.TooOften as error:
            form.password.errors = [say(error)]
        else:
            if user:
                return entering.enter(user, how="password")
            form.password.errors = [_("Wrong account or password.")]
        db.session.commit()
    return render(
        "accounts/sign_in_password.html",
        status=422 if form.errors else 200,
        form=form,
        demo_sign_ins=demo_sign_ins() if demo_mode() else [],
    )


@bp.post("/sign-out")
@public("signing out twice does no harm")
def sign_out() -> Response:
    return entering.leave()


@bp.post("/kept-forms/discard")
@allow(*Role)
@each_time("twice is once")
def discard() -> Response:
    """An empty form in place of what was typed before."""
    if kept_id := outside.id_of(request.form, "kept"):
        kept_forms.discard(kept_id, me().id)
        db.session.commit()
    return leave_for(way_back())


@bp.post("/language")
@public("everyone reads")
def language() -> Response:
    chosen = request.form.get("language")
    answer = leave_for(safe_next(request.form.get("next")) or "/")
    if chosen in i18n.LANGUAGES:
        answer.set_cookie(
            i18n.COOKIE, chosen, max_age=YEAR, samesite="Lax", secure=request.is_secure
        )
    return answer


@bp.post("/location")
@public("to show the nearest centre first; kept in the visitor's own cookie")
def location() -> Response:
    """Remember where the visitor is, to about a kilometre; nothing is stored on the site."""
    latitude, longitude = (
        degrees(request.form.get("lat"), 90),
        degrees(request.form.get("lng"), 180),
    )
    if latitude is None or longitude is None:
        session.pop("near", None)
    else:
        session["near"] = {"lat": round(latitude, 2), "lng": round(longitude, 2)}
    return leave_for(safe_next(request.form.get("next")) or "/")


@bp.get("/demo/inbox")
@public("demo mode only: shows the messages that would have gone to phones")
def inbox() -> Response:
    if not demo_mode():
        abort(404)
    return render("accounts/inbox.html", messages=demo_messages())
