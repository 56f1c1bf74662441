"""What comes before a family chooses a time, as its kind of service says: a question, or another way."""

from collections.abc import Sequence
from datetime import datetime

from flask import Response, request, url_for

from clinic.booking.reading import Query, wish_of
from clinic.scheduling.models import Hold
from clinic.scheduling.verdict.request import Request
from clinic.services.room import AskFirst, Step, step_before
from clinic.web import see_other


def redirect_to(step: Step, kind: str, wish: Query, back: str = "") -> Response:
    """To the questions, which lead `back`, or to the page of times of `wish`, which says why not."""
    if isinstance(step, AskFirst):
        return ask_first(step, back or url_for(f"{kind}.choose", **wish))  # type: ignore[arg-type]
    return see_other(f"{kind}.choose", **wish)


def ask_first(step: AskFirst, back: str) -> Response:
    """To the page of the room's questions, and from there to `back`."""
    return see_other(step.endpoint, child=step.child_id, next=back)


def redirect_before_choosing(
    requests: Sequence[Request], kind: str, wish: Query, back: str = "", *, now: datetime
) -> Response | None:
    """The redirect, if the kind of service asks something first or sends the family elsewhere.

    None: go on. A typed address, or an older page, does not lead past it.

    `wish` is what the page of times shall show, which says why not; `back` where questions lead
    when they are answered, if not there.
    """
    step = step_before(requests, now)
    return redirect_to(step, kind, wish, back) if step else None


def redirect_before_confirming(
    group: Sequence[Hold], kind: str, *, now: datetime
) -> Response | None:
    """Where to go instead of the page that confirms these holds; questions lead back to it."""
    if group[0].booking_id is not None:
        return None
    requests = [Request(hold.child, hold.service) for hold in group]
    return redirect_before_choosing(requests, kind, wish_of(group, {}), request.full_path, now=now)
