"""Signing in and up, the language, the place one is near, and the demo inbox."""

from flask import Blueprint, Response, abort, request, session
from flask_babel import gettext as _
from flask_login import current_user

from clinic import clock, i18n, outside
from clinic.accounts import codes, kept_forms, limits, passwords, sign_ins
from clinic.accounts.access import allow, demo_mode, me, public
from clinic.accounts.browsers import in_words
from clinic.accounts.contacts import masked_contact
from clinic.accounts.demo_sign_ins import demo_sign_ins
from clinic.accounts.forms import CodeForm, ContactForm, PasswordForm
from clinic.accounts.models import Ended, Role, User
from clinic.accounts.queries import find_user
from clinic.db import db
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.messages import demo_messages
from clinic.web import leave_for, render, safe_next, see_other, way_back

bp = Blueprint("accounts", __name__)

YEAR = 365 * 24 * 60 * 60
# Where each role's day begins; the first that fits.
HOMES = (
    (Role.RECEPTION, "desk.today"),
    (Role.CLINICIAN, "calendar.today"),
    (Role.MANAGER, "manage.index"),
    (Role.PARENT, "home.index"),
)


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
    form = ContactForm()
    if form.validate_on_submit():
        contact: str = form.contact.data
        try:
            codes.send_code(contact, address=request.remote_addr or "", now=clock.now())
        except limits.TooOften as error:
            db.session.commit()
            form.contact.errors = [say(error)]
        except DomainError as error:
            db.session.rollback()
            form.contact.errors = [say(error)]
        else:
            db.session.commit()
            session["contact"] = contact
            return see_other("accounts.sign_in_code")
    return render(
        page,
        status=422 if form.errors else 200,
        form=form,
        demo_sign_ins=demo_sign_ins() if demo_mode() else [],
    )


@bp.route("/sign-in/code", methods=["GET", "POST"])
@public("the second step of signing in")
def sign_in_code() -> Response:
    contact = session.get("contact")
    if not contact:
        return see_other("accounts.sign_in")
    form = CodeForm()
    if form.validate_on_submit():
        try:
            codes.use_code(contact, form.code.data or "", now=clock.now())
        except codes.WrongCode as error:
            db.session.commit()
            form.code.errors = [say(error)]
        else:
            db.session.commit()
            session.pop("contact")
            user = find_user(contact)
            if user and user.claimed_at:
                return enter(user)
            session["proved"] = contact
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
    form = PasswordForm()
    if form.validate_on_submit():
        contact: str = form.contact.data
        try:
            limits.spend(limits.PASSWORD_ADDRESS, request.remote_addr or "", now=clock.now())
            limits.spend(limits.PASSWORD, contact, now=clock.now())
        except limits.TooOften as error:
            form.password.errors = [say(error)]
        else:
            user = find_user(contact)
            if passwords.is_password(
                user.password_hash if user else None, form.password.data or ""
            ):
                limits.clear(limits.PASSWORD, contact)
                db.session.commit()
                assert user is not None
                return enter(user)
            form.password.errors = [_("That is not the right password for this account.")]
        db.session.commit()
    return render(
        "accounts/sign_in_password.html",
        status=422 if form.errors else 200,
        form=form,
        demo_sign_ins=demo_sign_ins() if demo_mode() else [],
    )


def enter(user: User) -> Response:
    """Sign the user in and go where they wanted to, or where their day begins; commits.

    Nothing that the browser held before goes with them but where they are.
    """
    now = clock.now()
    if current_user.is_authenticated:
        sign_ins.end(me().sign_in_id, Ended.REPLACED, now=now)
    kept_forms.clear_of_another(user.id)
    key = sign_ins.begin(user, browser=in_words(request.user_agent.string), now=now)
    db.session.commit()
    target, near = safe_next(session.get("next")), session.get("near")
    session.clear()
    session.permanent = True
    session["sign_in"], session["csrf_token"] = key, sign_ins.token_of(key)
    if near:
        session["near"] = near
    if target:
        return leave_for(target)
    for role, endpoint in HOMES:
        if role in user.roles:
            return see_other(endpoint)
    return see_other("home.index")


@bp.post("/sign-out")
@public("signing out twice does no harm")
def sign_out() -> Response:
    if current_user.is_authenticated:
        sign_ins.end(me().sign_in_id, Ended.SIGN_OUT, now=clock.now())
        db.session.commit()
    session.clear()
    answer = see_other("home.index")
    answer.headers["Clear-Site-Data"] = '"cache"'  # nobody finds our pages by going back
    return answer


@bp.post("/kept-forms/discard")
@allow(*Role)
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
    try:
        latitude = round(float(request.form.get("lat", "")), 2)
        longitude = round(float(request.form.get("lng", "")), 2)
    except ValueError:
        session.pop("near", None)
    else:
        if -90 <= latitude <= 90 and -180 <= longitude <= 180:
            session["near"] = {"lat": latitude, "lng": longitude}
    return leave_for(safe_next(request.form.get("next")) or "/")


@bp.get("/demo/inbox")
@public("demo mode only: shows the messages that would have gone to phones")
def inbox() -> Response:
    if not demo_mode():
        abort(404)
    return render("accounts/inbox.html", messages=demo_messages())
