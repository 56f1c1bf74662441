"""A form that was taken is taken once: of several clicks, each gets the answer to the first.

A page's forms carry a random key. A row of `sent_forms` says which were taken; it is inserted
at the beginning of the transaction that takes one, so of several clicks at the same moment the
others wait for the first, whatever its view does. The same key with other contents is another
form: somebody went back and changed it.
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from flask import Flask, Response, current_app, flash, g, has_request_context, request, session
from flask_babel import gettext as _
from flask_login import current_user
from sqlalchemy import Connection, delete, event, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, SessionTransaction

from clinic import clock
from clinic.accounts.access import EVERYONE
from clinic.accounts.models import SentForm
from clinic.db import db, in_one_transaction, undo
from clinic.web import leave_for, way_back

View = TypeVar("View", bound=Callable[..., object])
FIELD = "form_key"
GOOD_FOR = timedelta(days=1)
TRIES, PAUSE = (
    200,
    0.02,
)  # seconds between looks for the answer, which the first click writes at once


class TakenBefore(Exception):
    """The form of this request was taken meanwhile: its transaction was begun again."""


def each_time(why: str) -> Callable[[View], View]:
    """Let a view take the same form again and again, and say why."""

    def mark(view: View) -> View:
        view.each_time_because = why  # type: ignore[attr-defined]
        return view

    return mark


def stays(view: View) -> View:
    """Mark a view that answers with a page, not a redirect, and must still not act twice."""
    view.stays = True  # type: ignore[attr-defined]
    return view


def form_key() -> str:
    """The key of the forms of the page that is being made."""
    if "form_key" not in g:
        g.form_key = secrets.token_urlsafe(12)
    return str(g.form_key)


def token_of_form(length: int) -> str:
    """A secret of so many bytes, in hexadecimal; the same for each click on the same form."""
    key = request.form.get(FIELD) or secrets.token_urlsafe(length)
    secret = str(current_app.secret_key).encode()
    made_of = f"{current_user.id} {request.path} {key}".encode()
    return hashlib.shake_256(secret + made_of).hexdigest(length)


def bind(app: Flask) -> None:
    """Ask before each view, and note after it; to be called after the guard is bound."""
    app.before_request(_begin)
    app.after_request(_end)
    app.register_error_handler(TakenBefore, lambda _: _begin() or leave_for(way_back()))
    app.jinja_env.globals["form_key"] = form_key


def _begin() -> Response | None:
    """The answer to the first click, if there was one; else this request takes the form."""
    key = _key()
    if key is None:
        return None
    g.flashed_before = len(session.get("_flashes", ()))
    for _attempt in range(TRIES):
        undo()  # so that the transaction begins here
        g.taking = key
        try:
            db.session.connection()
        except TakenBefore:
            undo()
        else:
            return None
        if answer := _first_answer(key):
            return answer
        time.sleep(PAUSE)
    flash(_("This was saved already."), "info")
    return leave_for(way_back())


def _key() -> str | None:
    """What tells this form from all others; None for one that may be taken again and again."""
    view = current_app.view_functions.get(str(request.endpoint))
    is_open = getattr(view, "allowed_roles", EVERYONE) is EVERYONE
    if request.method != "POST" or is_open or hasattr(view, "each_time_because"):
        return None
    if not request.form.get(FIELD) or request.files:
        return None
    typed = sorted(each for each in request.form.lists() if each[0] != "csrf_token")
    made_of = repr((current_user.id, request.full_path, typed))
    return hashlib.sha256(made_of.encode()).hexdigest()


@event.listens_for(db.session, "after_begin")
def _take(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    """Take the form in each transaction of its request, until one is committed."""
    key = g.get("taking") if has_request_context() else None
    if key is None or g.get("is_taken") or transaction.nested:
        return
    insert = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert
    row = insert(SentForm).values(key_hash=key, user_id=current_user.id, sent_at=clock.now())
    if connection.execute(row.on_conflict_do_nothing().returning(SentForm.id)).first() is None:
        g.pop("taking")  # the first answer is looked up in another transaction
        raise TakenBefore
    g.is_inserted = True


@event.listens_for(db.session, "after_commit")
def _taken(session: Session) -> None:
    if has_request_context() and g.pop("is_inserted", False):
        g.is_taken = True


def _first_answer(key: str) -> Response | None:
    """The answer to the first click once more; None if there is none yet."""
    found = db.session.execute(
        select(SentForm.location, SentForm.messages).where(SentForm.key_hash == key)
    ).first()
    undo()
    if found is None or found.location is None:
        return None
    for category, message in found.messages:
        flash(message, category)
    return leave_for(found.location or way_back())


def _end(response: Response) -> Response:
    """Note how a form that was taken was answered; one that was refused may be sent again."""
    key = g.pop("taking", None)
    if key is None:
        return response
    undo()
    if g.pop("is_taken", False):
        try:
            in_one_transaction(lambda: _note(key, response), lasting=False)
        except DBAPIError:  # what was done is done, and this is its answer
            undo()
    return response


def _note(key: str, response: Response) -> None:
    location = _where(response)
    mine = SentForm.key_hash == key
    if location is None:
        db.session.execute(delete(SentForm).where(mine))
        return
    flashes = session.get("_flashes", [])[g.flashed_before :]
    messages = [[category, str(message)] for category, message in flashes]
    db.session.execute(update(SentForm).where(mine).values(location=location, messages=messages))


def _where(response: Response) -> str | None:
    """Where a form that was taken leads; "" for its own page, None for one that was not taken."""
    view = current_app.view_functions[str(request.endpoint)]
    if g.get("has_just_kept"):
        return None  # it comes back, to be sent again
    if response.status_code == 200 and hasattr(view, "stays"):
        return ""
    if response.status_code == 303:
        return response.location
    return response.headers.get("HX-Redirect")
