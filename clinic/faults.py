"""Pages for what goes wrong. They are kind, say a way on, and tell strangers nothing."""

import logging

from flask import Flask, Response, flash, g, make_response, render_template, request
from flask_babel import gettext, lazy_gettext
from flask_login import current_user
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError, NoResultFound
from sqlalchemy.exc import TimeoutError as NoConnectionFree
from sqlalchemy.orm.exc import StaleDataError
from werkzeug.exceptions import HTTPException

from clinic.accounts.kept_forms import carry_typed, keep_typed
from clinic.accounts.limits import TooOften
from clinic.db import is_out_of_reach, undo
from clinic.errors import DomainError
from clinic.extensions import login_manager
from clinic.i18n import say
from clinic.need_to_know.checking import RecordClosed
from clinic.need_to_know.pages import closed
from clinic.web import is_htmx, is_of_this_site, leave_for, page_of_form, way_back

log = logging.getLogger("clinic")
RETRY_AFTER = 10  # seconds
SENT_AGAIN = {409, 429}

SENTENCES = {
    400: (lazy_gettext("That did not work"), lazy_gettext("The page was incomplete. Please go back and try again.")),
    403: (lazy_gettext("You cannot open this page"), lazy_gettext("You are signed in, but your account may not open this page.")),
    404: (lazy_gettext("We could not find that"), lazy_gettext("The page does not exist, or it is not yours.")),
    405: (lazy_gettext("That did not work"), lazy_gettext("Please start again from the page before.")),
    409: (lazy_gettext("Something changed meanwhile"), lazy_gettext("This was changed just now. Please look again.")),
    413: (lazy_gettext("That is too large"), lazy_gettext("Please send less at once.")),
    429: (lazy_gettext("A moment, please"), lazy_gettext("Too many tries in a short time. Please wait a few minutes.")),
    500: (lazy_gettext("Something went wrong on our side"), lazy_gettext("Nothing you had saved is lost. Please try again in a minute.")),
    503: (lazy_gettext("The booking system cannot be reached for a moment"), lazy_gettext("Nothing you had saved is lost, and sending the same again books nothing twice. Please try again in a minute.")),
}  # fmt: skip


def bind(app: Flask) -> None:
    """Register a page for each kind of fault."""
    app.log_exception = _log_nothing  # type: ignore[assignment] # `_broken` does, without addresses
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(NoResultFound, lambda _: page(404))
    app.register_error_handler(RecordClosed, closed)
    app.register_error_handler(StaleDataError, lambda _: page(409))
    app.register_error_handler(TooOften, lambda error: page(429, say(error)))
    app.register_error_handler(DomainError, _refused)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(NoConnectionFree, _database)
    app.register_error_handler(500, _broken)


def _log_nothing(exc_info: object) -> None:
    """Flask would log the address too."""


def page(code: int, text: str | None = None) -> Response:
    """The error page; whatever the request had begun to change is undone.

    Who asked for a part of a page keeps the page, and reads the sentence above it.
    """
    undo()
    title, sentence = SENTENCES.get(code, SENTENCES[400])
    if is_htmx():
        part = make_response(render_template("errors/_toast.html", text=text or sentence), code)
        part.headers |= {"HX-Retarget": "#toast", "HX-Reswap": "innerHTML"}
        return part
    # Of a form that may be sent again: to its page, as it was, rather than to the beginning.
    back = way_back() if request.method == "POST" and code in SENT_AGAIN else "/"
    html = render_template(
        "errors/error.html", code=code, title=title, text=text or sentence, back=back
    )
    return make_response(html, code)


def _http(error: HTTPException) -> Response:
    if error.code and 300 <= error.code < 400:
        return Response(status=error.code, headers=dict(error.get_headers()))
    if error.code == 405 and (back := page_of_form()):
        return leave_for(back)
    return page(error.code or 500)


def _stale_form(error: CSRFError) -> Response:
    """The page stood open too long: back to it, with what was typed, to send it again."""
    if request.endpoint == "accounts.sign_out" and not current_user.is_authenticated:
        return leave_for("/")  # they are out: it was pressed twice, or the sign-in was over
    if is_of_this_site() and request.referrer:
        if keep_typed() or carry_typed():
            flash(gettext("The page was open too long. Please check it and send it again."), "info")
        else:
            flash(gettext("The page was open too long. Please fill it in again."), "info")
        return leave_for(way_back())
    return page(
        400, gettext("The page was open too long. Please go back, reload it and try again.")
    )


def _refused(error: DomainError) -> Response:
    return page(409, say(error))


def _database(error: BaseException) -> Response:
    """The database is out of reach; any other error of its is ours."""
    if not is_out_of_reach(error):
        raise error
    log.error("the database is out of reach", exc_info=error)
    # Nobody can say who this is, and the page must not ask.
    g._login_user = login_manager.anonymous_user()
    answer = page(503)
    answer.headers["Retry-After"] = str(RETRY_AFTER)
    return answer


def _broken(error: BaseException) -> Response:
    cause = getattr(error, "original_exception", None) or error
    if is_out_of_reach(cause):
        return _database(cause)
    # The page and not its address: an address may hold the secret of an invitation.
    log.error("unhandled at %s", request.endpoint, exc_info=cause)
    return page(500)
