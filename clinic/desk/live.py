"""Parts of pages that ask again and again: unchanged until the desk's version says otherwise.

The part itself carries its tag and sends it back (decision 9), so that nothing of it is kept.
"""

from collections.abc import Callable
from datetime import datetime

from flask import Response

from clinic.accounts.access import is_away
from clinic.centres.models import Centre
from clinic.visits.queries import desk_version
from clinic.web import digest, unchanged_part


def tag_of(centre: Centre, now: datetime, *made_of: object) -> str:
    """What a part of this centre's day is made of, as an ETag. Its clock turns with the minute, if
    `made_of` has one."""
    return digest(is_away(), desk_version(centre.id, now), *made_of)


def minute(now: datetime) -> datetime:
    """This minute: what shows how late somebody is changes with it."""
    return now.replace(second=0, microsecond=0)


def answer(tag: str, make: Callable[[], Response]) -> Response:
    """304 if the asking part has this already; else what `make` makes, with the tag."""
    if unchanged := unchanged_part(tag):
        return unchanged
    response = make()
    if response.status_code == 200:
        response.set_etag(tag, weak=True)
    return response
