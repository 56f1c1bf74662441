"""The names by which this site is known. A request under any other name goes no further.

Links that leave the site (invitations, calendar feeds, certificates) begin with PUBLIC_URL, so no
`Host` header can put another name into them.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import current_app, request, url_for
from werkzeug.exceptions import SecurityError
from werkzeug.wrappers import Response
from werkzeug.wsgi import get_host

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

LOCAL = ("localhost", "127.0.0.1", "[::1]")
HEALTH = ("/healthz", "/readyz")  # asked by machines, under the address of the process


def known_hosts(public_url: str, more: str) -> tuple[str, ...]:
    """The names of this host, of PUBLIC_URL, and of `more`, separated by commas.

    Raises ValueError if `public_url` is no address of a site, as `https://book.example.cn`.
    """
    found = [name.strip() for name in more.split(",") if name.strip()]
    if public_url:
        parts = urlsplit(public_url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ValueError
        found.append(parts.netloc.rpartition(":")[0] if parts.port else parts.netloc)
    return (*LOCAL, *found)


class KnownHosts:
    """Answers 400 to a request under a name that is not this site's."""

    def __init__(self, site: "WSGIApplication", known: Sequence[str]) -> None:
        self.site, self.known = site, list(known)

    def __call__(self, environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        try:
            get_host(environ, None if environ.get("PATH_INFO") in HEALTH else self.known)
        except SecurityError:
            text = "This name is not this site's. Its operator names it in PUBLIC_URL.\n"
            return Response(text, 400)(environ, start)
        return self.site(environ, start)


def public_url(endpoint: str, **values: object) -> str:
    """The whole address of a page, for people who are not on the site."""
    site = str(current_app.config["PUBLIC_URL"]) or request.host_url
    return site.rstrip("/") + url_for(endpoint, **values)  # type: ignore[arg-type]
