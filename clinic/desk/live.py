"""Parts of pages that ask again and again: unchanged until the desk's version says otherwise.

The part itself carries its tag and sends it back (decision 9), so that nothing of it is kept.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from flask import Response, request, session
from flask_wtf.csrf import generate_csrf

from clinic.accounts.access import is_away
from clinic.centres.models import Centre
from clinic.i18n import language
from clinic.visits.queries import desk_version
from clinic.web import is_htmx, release


def tag_of(centre: Centre, now: datetime, *made_of: object) -> str:
    """What a part of this centre's day is made of, as an ETag. Its clock turns with the minute, if
    `made_of` has one."""
    if "csrf_token" not in session and session.get("sign_in"):
        generate_csrf()  # its forms are part of it
    whole = (
        release(),
        language(),
        session.get("sign_in"),
        session.get("csrf_token"),
        is_away(),
        desk_version(centre.id, now),
        made_of,
    )
    return hashlib.blake2b(repr(whole).encode(), digest_size=12).hexdigest()


def minute(now: datetime) -> datetime:
    """This minute: what shows how late somebody is changes with it."""
    return now.replace(second=0, microsecond=0)


def answer(tag: str, make: Callable[[], Response]) -> Response:
    """304 if the asking part has this already; else what `make` makes, with the tag."""
    if is_htmx() and request.method == "GET" and request.if_none_match.contains_weak(tag):
        return Response(status=304)
    response = make()
    if response.status_code == 200:
        response.set_etag(tag, weak=True)
    return response
