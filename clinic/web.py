"""Answering a request: a page or its part, unchanged, elsewhere."""

import hashlib
import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import TypeVar

from flask import (
    Flask,
    Response,
    current_app,
    make_response,
    render_template,
    request,
    session,
    url_for,
)
from flask.globals import request_ctx
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_login import current_user
from flask_wtf.csrf import generate_csrf
from itsdangerous import URLSafeTimedSerializer
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.urls import iri_to_uri

from clinic.config import ROOT
from clinic.i18n import language

View = TypeVar("View", bound=Callable[..., object])
# A path of this site. Browsers read a backslash as `/`, and leave control characters out.
PATH = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]*")
LONGEST_ADDRESS = 2000
MICROS = re.compile(r"[0-9]{1,17}")


class Sessions(SecureCookieSessionInterface):
    """Sessions in signed cookies. Whoever comes without one and is refused gets none.

    Browsers leave our cookie away when another site sends a form here; a new one in the answer
    would take the place of the visitor's own, and sign them out.
    """

    serializer = json  # type: ignore[assignment]  # plain values only; Flask's own marks each with its type

    def __init__(self) -> None:
        self._serializer: tuple[object, URLSafeTimedSerializer] | None = None

    def get_signing_serializer(self, app: Flask) -> URLSafeTimedSerializer | None:
        """The same for every request, as long as the site's key is."""
        if self._serializer is None or self._serializer[0] != app.secret_key:
            made = super().get_signing_serializer(app)
            if made is None:
                return None
            self._serializer = (app.secret_key, made)
        return self._serializer[1]

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # type: ignore[override]
        if not session.modified:
            return  # the answer says already that it varies with the cookie
        has_one = self.get_cookie_name(app) in request.cookies
        if has_one or request.method != "POST" or response.status_code < 400:
            super().save_session(app, session, response)


def is_htmx() -> bool:
    """Whether HTMX asks for a part of a page (a history restore or a boosted link wants the whole)."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and "HX-History-Restore-Request" not in headers
        and "HX-Boosted" not in headers
        and headers.get("HX-Request-Type", "partial") == "partial"
    )


def is_poll() -> bool:
    """Whether a page asks by itself, every few seconds: nobody pressed anything."""
    return "X-Poll" in request.headers


def render(
    page: str, *, partial: str | None = None, status: int = 200, **context: object
) -> Response:
    """The page, or only its part when HTMX asks. The server chooses; the client never names one."""
    template = partial if partial and is_htmx() else page
    return make_response(render_template(template, **context), status)


def digest(*made_of: object) -> str:
    """A hash of what an answer is made of: all this, and what every frame shows (who, the language,
    this release)."""
    if "csrf_token" not in session and session.get("sign_in"):
        generate_csrf()  # its forms are part of it
    frame = (release(), language(), session.get("sign_in"), session.get("csrf_token"))
    return hashlib.blake2b(repr((frame, made_of)).encode(), digest_size=12).hexdigest()


def unchanged_part(tag: str) -> Response | None:
    """304, if the part of a page that asks again by itself has this already.

    It carries its tag and sends it back, so that nothing is kept (docs/decisions/0009).
    """
    if is_htmx() and request.method == "GET" and request.if_none_match.contains_weak(tag):
        return Response(status=304, headers={"ETag": f'W/"{tag}"'})
    return None


class PageTag:
    """What an answer was made of, as an ETag: the same mark at a moment means the same answer.

    The tag says itself until when it holds, because time alone may change the answer.
    """

    def __init__(self, *made_of: object) -> None:
        # A message that is shown once; what was typed before signing in again; a question.
        self.is_once = "_flashes" in session or getattr(current_user, "sees_once", False)
        if "csrf_token" not in session:
            generate_csrf()  # its forms are part of the page
        self.digest = digest(request.full_path, is_htmx(), *made_of)

    def unchanged(self, now: datetime) -> Response | None:
        """304, if this is what the browser has and it still holds."""
        if self.is_once:
            return None
        for tag in request.if_none_match.as_set(include_weak=True):
            digest, _, until = tag.partition(".")
            if digest == self.digest and MICROS.fullmatch(until) and micros(now) < int(until):
                return self._may_be_kept(Response(status=304), tag)
        return None

    def put_on(self, response: Response, until: datetime) -> Response:
        """Let the browser keep the answer and ask whether it is still the same."""
        if self.is_once:
            return response
        return self._may_be_kept(response, f"{self.digest}.{micros(until)}")

    @staticmethod
    def _may_be_kept(response: Response, tag: str) -> Response:
        response.set_etag(tag, weak=True)
        response.headers["Cache-Control"] = "private, no-cache"
        return response


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return round(moment.timestamp() * 1_000_000)


@cache
def release() -> str:
    """What this version of the site is made of."""
    files = (
        path
        for folder in ("clinic", "templates", "static")
        for path in sorted((ROOT / folder).rglob("*"))
        if path.is_file() and path.suffix not in (".pyc", ".po")
    )
    whole = hashlib.blake2b(digest_size=12)
    for path in files:
        whole.update(path.read_bytes())
    return whole.hexdigest()


def forget_pages(response: Response) -> Response:
    """Let the browser forget our pages: nobody finds them by going back, or on its disk."""
    response.headers["Clear-Site-Data"] = '"cache"'
    return response


def see_other(endpoint: str, **values: object) -> Response:
    """Send the browser to another page after a POST.

    HTMX would follow a 303 itself, keep its headers and swap in what it found, so it gets
    HX-Redirect instead.
    """
    return leave_for(url_for(endpoint, **values))  # type: ignore[arg-type]


def leave_for(url: str) -> Response:
    """The same for an address that is known already; one that is not of this site is left out."""
    url = safe_next(url) or "/"
    if not url.isascii():  # a header holds no other letters
        url = iri_to_uri(url)
    if is_htmx():
        return Response(status=204, headers={"HX-Redirect": url})
    return Response(status=303, headers={"Location": url})


def next_or(endpoint: str) -> Response:
    """Back to what this page was opened for (`?next=`), or to that page."""
    target = safe_next(request.args.get("next"))
    return leave_for(target) if target else see_other(endpoint)


def safe_next(target: str | None) -> str | None:
    """The address if it is a path of this site, else None (no open redirects)."""
    if not target or len(target) > LONGEST_ADDRESS or not PATH.fullmatch(target):
        return None
    return target


def way_back() -> str:
    """Where to come back to after signing in: this page, or the page that asked for a part of it."""
    if request.method == "POST" or is_htmx():
        referrer = request.referrer or ""
        rule = request.url_rule
        if referrer.startswith(request.host_url):
            return safe_next("/" + referrer.removeprefix(request.host_url)) or "/"
        if rule is None or "GET" not in (rule.methods or ()):
            return "/"
    return safe_next(request.full_path.rstrip("?")) or "/"


def page_again() -> str:
    """The address that shows this page again; of one that takes forms only, the form's page."""
    methods = request.url_rule.methods if request.url_rule else None
    if request.method == "GET" or "GET" in (methods or ()):
        return request.full_path.rstrip("?")
    return way_back()


def shown_on(endpoint: str) -> Callable[[View], View]:
    """Say on which page the form stands that is sent to this view, where the page's address is not
    the beginning of the view's own (`page_of_form`)."""

    def mark(view: View) -> View:
        view.shown_on = endpoint  # type: ignore[attr-defined]
        return view

    return mark


def page_of_form() -> str | None:
    """The page of an address that takes forms only; None if this is none.

    A refused form leaves its address in the browser's bar, and whoever loads that again or comes
    back to it asks by GET. The page is the one that the view names (`shown_on`), else the nearest
    above: of `/manage/rota/undo` it is `/manage/rota`. What stands behind the `?` goes along.
    """
    adapter = request_ctx.url_adapter
    if adapter is None or request.method not in ("GET", "HEAD"):
        return None
    try:
        endpoint, values = adapter.match(method="POST")
    except HTTPException:
        return None
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    if named := getattr(current_app.view_functions[endpoint], "shown_on", None):
        known = {name for rule in current_app.url_map.iter_rules(named) for name in rule.arguments}
        return url_for(named, **{name: values[name] for name in known & set(values)}) + query
    above = request.path
    while above := above.rpartition("/")[0]:
        for path in (f"{above}/", above):
            if adapter.test(path, method="GET"):
                return path + query
    return "/"


def is_of_this_site() -> bool:
    """Whether nothing says that a page of another site sent this request."""
    sender = request.headers.get("Origin") or request.referrer
    return sender is None or f"{sender}/".startswith(request.host_url)


class Once:
    """What templates render once for all who see the same: `{% call once("nav", …) %}…{% endcall %}`.

    The key names everything that decides what is inside but the language. It is never for what is
    one family's own.
    """

    MOST = 2000

    def __init__(self) -> None:
        self.made: dict[tuple[object, ...], Markup] = {}

    def __call__(self, *key: object, caller: Callable[[], Markup]) -> Markup:
        if current_app.debug:
            return caller()
        whole = (language(), *key)
        made = self.made.get(whole)
        if made is None:
            if len(self.made) >= self.MOST:
                self.made.clear()
            made = self.made[whole] = caller()
        return made
