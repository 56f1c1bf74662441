"""Half-filled forms, kept on the server while their sender signs in again, and given back filled in.

They belong to one person: whose they are is said by the form's own token, or by the cookie of a
sign-in that is over. What comes without either is nobody's, and is not kept. A form is given
back on its page until it was sent, for a day at most; another person who signs in at that
browser clears it. The page's HTML is filled in (`clinic.refill`), whichever view made it.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Response, current_app, g, render_template, request, session
from flask_login import current_user
from flask_wtf import FlaskForm
from itsdangerous import BadData, URLSafeTimedSerializer
from sqlalchemy import ColumnElement, delete, insert, select
from sqlalchemy.exc import DBAPIError
from werkzeug.datastructures import MultiDict

from clinic import clock
from clinic.accounts import sign_ins
from clinic.accounts.models import KeptForm, SignedIn
from clinic.db import db, in_one_transaction, undo
from clinic.refill import refill
from clinic.sealing import CannotBeRead, seal, unseal
from clinic.web import is_htmx, is_of_this_site, way_back

NEVER_KEPT = (
    "csrf_token", "form_key", "password", "password_again", "new_password", "code", "second",
)  # fmt: skip
# Numbers that open doors elsewhere stay with the answer to the form itself, and are typed again.
NUMBERS = ("identity_no", "certificate_no")
GOOD_FOR = timedelta(hours=24)
MOST = 20  # of one person
LONGEST = 200_000  # characters of one form
LONGEST_CONTACT = 120

F = TypeVar("F", bound=FlaskForm)


def keep_typed() -> bool:
    """Keep the form that was just sent, for its sender. Says whether it was kept; commits."""
    user_id = _whose()
    typed = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in NEVER_KEPT + NUMBERS
    ]
    whole, page = json.dumps(typed, ensure_ascii=False), urlsplit(way_back()).path[:300]
    if user_id is None or page == "/" or len(whole) > LONGEST or not any(v for _, v in typed):
        return False
    left_out = [name for name in NUMBERS if request.form.get(name, "").strip()]
    left_out += [name for name, file in request.files.items() if file.filename]
    row = {
        "user_id": user_id,
        "page": page,
        "action": request.path[:300],
        "typed": seal(whole, _place(user_id)),
        "left_out": left_out,
        "kept_at": clock.now(),
    }
    try:
        in_one_transaction(lambda: _keep(row))
    except DBAPIError:
        undo()
        return False
    g.has_just_kept = True
    return True


def carry_typed() -> bool:
    """Carry the contact that a visitor typed to sign in or up to the next page; whether there is one.

    Nobody is signed in, so it stays in the visitor's own cookie, as a contact to which a code was sent.
    """
    contact = request.form.get("contact", "").strip()
    if contact and len(contact) <= LONGEST_CONTACT and not current_user.is_authenticated:
        session["typed_contact"] = contact
        return True
    return False


def carried_contact() -> str | None:
    """What was carried here, once."""
    return session.pop("typed_contact", None) if request.method == "GET" else None


def _keep(row: dict[str, object]) -> None:
    """In place of what was kept of that form before; what is old goes, and more than enough."""
    mine = KeptForm.user_id == row["user_id"]
    newest = select(KeptForm.id).where(mine).order_by(KeptForm.id.desc()).limit(MOST - 1)
    same = mine & (KeptForm.page == row["page"]) & (KeptForm.action == row["action"])
    now = row["kept_at"]
    assert isinstance(now, datetime)
    _delete(same | (KeptForm.kept_at < now - GOOD_FOR))
    _delete(mine & KeptForm.id.not_in(newest.scalar_subquery()))
    db.session.execute(insert(KeptForm).values(row))


def _delete(these: ColumnElement[bool]) -> None:
    db.session.execute(delete(KeptForm).where(these))


def _whose() -> int | None:
    """The id of the user who sent this form, as far as it can be known."""
    said = request.form.get("csrf_token") or request.headers.get("X-CSRFToken", "")
    signed = URLSafeTimedSerializer(current_app.secret_key or "", salt="wtf-csrf-token")
    try:
        token = str(signed.loads(said))
    except BadData:
        token = ""
    user_id = sign_ins.user_of_token(token) if token else None
    if user_id is None and is_of_this_site() and (key := session.get("sign_in")):
        user_id = sign_ins.user_of_token(sign_ins.token_of(key))
    return user_id


def clear_of_another(user_id: int) -> None:
    """Before this user signs in: forget what whoever was signed in at this browser had typed."""
    if key := session.get("sign_in"):
        before = sign_ins.user_of_token(sign_ins.token_of(key))
        if before not in (None, user_id):
            _delete(KeptForm.user_id == before)


def typed_before(action: str | None = None) -> MultiDict[str, str] | None:
    """What was typed on this page, into the form sent to `action` (the page itself), and not sent yet.

    A page needs to ask only if what was typed decides which fields it has: they are filled anyway.
    """
    for kept in _of_this_page():
        if kept.action == (action or request.path):
            return MultiDict(_typed(kept))
    return None


def _place(user_id: int) -> str:
    return f"kept_forms:{user_id}"


def _typed(kept: KeptForm) -> list[tuple[str, str]]:
    """Names and values, as they were sent; nothing if the site's keys have changed since."""
    try:
        return [
            (name, value) for name, value in json.loads(unseal(kept.typed, _place(kept.user_id)))
        ]
    except CannotBeRead:
        return []


def filled(form: Callable[..., F], **given: object) -> F:
    """The form of this page, with what was typed before its sender had to sign in again."""
    if typed := typed_before():
        return form(typed, **given)
    return form(**given)


def _of_this_page() -> list[KeptForm]:
    """The latest first; read once a request, and only if there is anything."""
    if request.method != "GET" or is_htmx() or not _has_kept_forms():
        return []
    if "kept_forms" not in g:
        g.kept_forms = list(
            db.session.scalars(
                select(KeptForm)
                .where(
                    KeptForm.user_id == current_user.id,
                    KeptForm.page == request.path,
                    KeptForm.kept_at > clock.now() - GOOD_FOR,
                )
                .order_by(KeptForm.id.desc())
            )
        )
    found: list[KeptForm] = g.kept_forms
    return found


def _has_kept_forms() -> bool:
    user = current_user._get_current_object()  # type: ignore[attr-defined]
    return isinstance(user, SignedIn) and user.has_kept_forms


def give_back(response: Response) -> Response:
    """Fill in the page's forms with what was kept; once such a form was sent, forget it."""
    if request.method == "POST":
        is_done = response.status_code == 303 or "HX-Redirect" in response.headers
        if is_done and not g.pop("has_just_kept", False):
            _forget_sent()
        return response
    of_this_page = _of_this_page() if _is_page(response) else []
    g.pop("kept_forms", None)
    html = before = response.get_data(as_text=True) if of_this_page else ""
    for kept in of_this_page:
        notice = render_template("accounts/_kept.html", kept=kept)
        notes = {name: render_template("accounts/_left_out.html") for name in kept.left_out}
        if typed := _typed(kept):
            html = refill(html, kept.page, kept.action, typed, notice, notes) or html
    if html != before:
        response.set_data(html)
        response.headers.pop("ETag", None)
        response.headers["Cache-Control"] = "no-store"
    return response


def _is_page(response: Response) -> bool:
    return response.status_code == 200 and response.mimetype == "text/html"


def _forget_sent() -> None:
    if _has_kept_forms():
        undo()  # the view has committed
        sent = (KeptForm.user_id == current_user.id) & (KeptForm.action == request.path)
        in_one_transaction(lambda: _delete(sent))


def discard(kept_id: int, user_id: int) -> None:
    """Forget that form of the user's."""
    _delete((KeptForm.id == kept_id) & (KeptForm.user_id == user_id))
