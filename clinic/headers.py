"""The headers that every answer has, put on where it leaves the site: no view can forget them."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

ALWAYS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
        "font-src 'self'; connect-src 'self'; form-action 'self'; manifest-src 'self'; "
        "frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_by_lower_name = [(name.lower(), (name, value)) for name, value in ALWAYS.items()]


class AlwaysHeaded:
    """Adds to each answer those of these headers that its view has not said otherwise."""

    def __init__(self, site: "WSGIApplication") -> None:
        self.site = site

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        def start_headed(
            status: str, headers: list[tuple[str, str]], *error: Any
        ) -> Callable[[bytes], object]:
            said = {name.lower() for name, _ in headers}
            more = [pair for name, pair in _by_lower_name if name not in said]
            return start(status, headers + more, *error)

        return self.site(environ, start_headed)
