"""Answering a request: a page or its part, going elsewhere, and not losing what was typed."""

from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.parse import urlsplit

from flask import Response, make_response, redirect, render_template, request, session, url_for
from flask_wtf import FlaskForm
from werkzeug.datastructures import MultiDict

SECRETS = ("csrf_token", "password", "code")
KEEP_AT_MOST = 2400  # bytes of a half-filled form that fit a cookie

F = TypeVar("F", bound=FlaskForm)


def is_htmx() -> bool:
    """Whether HTMX asks for a part of a page (a history restore or a boosted link wants the whole)."""
    headers = request.headers
    return (
        headers.get("HX-Request") == "true"
        and "HX-History-Restore-Request" not in headers
        and "HX-Boosted" not in headers
        and headers.get("HX-Request-Type", "partial") == "partial"
    )


def render(
    page: str, *, partial: str | None = None, status: int = 200, **context: object
) -> Response:
    """The page, or only its part when HTMX asks. The server chooses; the client never names one."""
    template = partial if partial and is_htmx() else page
    response = make_response(render_template(template, **context), status)
    response.vary.update(("HX-Request", "HX-Request-Type"))
    return response


def see_other(endpoint: str, **values: object) -> Response:
    """Send the browser to another page after a POST.

    HTMX would follow a 303 itself, keep its headers and swap in what it found, so it gets
    HX-Redirect instead.
    """
    return leave_for(url_for(endpoint, **values))  # type: ignore[arg-type]


def leave_for(url: str) -> Response:
    """The same for an address that is known already. Callers pass only addresses of this site."""
    if is_htmx():
        return Response(status=204, headers={"HX-Redirect": url})
    answer = redirect(url, 303)
    assert isinstance(answer, Response)
    return answer


def safe_next(target: str | None) -> str | None:
    """The address if it is a path of this site, else None (no open redirects)."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    parts = urlsplit(target)
    return target if not parts.scheme and not parts.netloc else None


def way_back() -> str:
    """Where to come back to after signing in: this page, or for a posted part of one the page it is on."""
    referrer = request.referrer or ""
    if request.method == "POST" and referrer.startswith(request.host_url):
        return "/" + referrer.removeprefix(request.host_url)
    return request.full_path.rstrip("?")


def keep_typed() -> bool:
    """Remember a posted form while its sender signs in again; secrets are left out.

    Says whether there was anything to remember, and room for it.
    """
    typed = {
        key: values
        for key, values in request.form.lists()
        if not any(secret in key for secret in SECRETS)
    }
    size = sum(len(v.encode()) for values in typed.values() for v in values)
    if not 0 < size <= KEEP_AT_MOST:
        return False
    session["typed"] = {"path": urlsplit(way_back()).path, "form": typed}
    return True


def typed_before() -> MultiDict[str, str] | None:
    """What was typed on this page before its sender had to sign in again, once."""
    kept: Mapping[str, object] | None = session.get("typed")
    if request.method != "GET" or not kept or kept["path"] != request.path:
        return None
    session.pop("typed")
    return MultiDict(kept["form"])  # type: ignore[arg-type]


def filled(form: Callable[..., F], **given: object) -> F:
    """The form of this page, with what was typed before its sender had to sign in again."""
    if typed := typed_before():
        return form(typed, **given)
    return form(**given)
