"""The screen in the hall: numbers and rooms, never names."""

from flask import Response, abort
from sqlalchemy import select

from clinic import clock
from clinic.accounts.access import public
from clinic.centres.models import Centre
from clinic.clock import clinic_day
from clinic.db import db
from clinic.desk import live
from clinic.desk.blueprint import bp
from clinic.visits.queries import queue
from clinic.visits.rules import BUSY, State
from clinic.visits.stations import stations
from clinic.web import render

MOST_IN_ROOMS, MOST_WAITING = 12, 12  # what can be read at ten metres


@bp.get("/screen/<code>")
@public("a screen on a wall is signed in as nobody; it shows ticket numbers and rooms only")
def screen(code: str) -> Response:
    now = clock.now()
    centre = db.session.scalar(select(Centre).where(Centre.code == code)) or abort(404)
    tag = live.tag_of(centre, now, "screen")
    return live.answer(tag, lambda: _render(centre, tag))


def _render(centre: Centre, tag: str) -> Response:
    rows = queue(centre.id, clinic_day(clock.now()))
    busy = [row for row in rows if row.state in BUSY and row.called_at and row.room]
    busy.sort(key=lambda one: (one.called_at, one.id), reverse=True)
    called = [ticket for ticket in busy if ticket.state is State.CALLED]
    in_rooms = [ticket for ticket in busy if ticket.state is State.WITH]
    waiting = [row for row in rows if row.state is State.WAITING]
    return render(
        "desk/screen.html",
        partial="desk/_screen.html",
        centre=centre,
        tag=tag,
        called=called + in_rooms[: max(0, MOST_IN_ROOMS - len(called))],  # every call is shown
        waiting=waiting[:MOST_WAITING],
        more=max(0, len(waiting) - MOST_WAITING),
        stations=stations(),
        states=State,
    )
