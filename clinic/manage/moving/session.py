"""A session is moved, to other hours, another day or room: shown first, done as shown."""

from datetime import date

from flask import Response, flash, request, url_for
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed
from clinic.centres.models import Room
from clinic.centres.retired import in_use
from clinic.clock import clinic_day, local
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.manage.blueprint import bp
from clinic.manage.forms import outside_hours
from clinic.manage.hours.leave import offer_all
from clinic.manage.moving.back import board_asked
from clinic.manage.queries import get_session
from clinic.outside import a_day, a_time, id_of
from clinic.scheduling.models import ClinicSession
from clinic.scheduling.rota import session_moving
from clinic.scheduling.rota.session_moving import Moved, Moving
from clinic.web import leave_for, render, see_other


@bp.route("/sessions/<id:session_id>/move", methods=["GET", "POST"])
@allow(Deed.PLAN_HOURS)
def move_session(session_id: int) -> Response:
    """The address says where to; a GET shows whom it concerns, a POST does what was shown."""
    session, now = get_session(me(), session_id), clock.now()
    moving = _asked_for(session)
    try:
        if request.method == "GET":
            is_asked = "opens" in request.args
            shown = session_moving.preview(moving, now=now) if is_asked else None
            return _page(moving, shown)
        version = request.form.get("version", "")
        done = in_one_transaction(lambda: session_moving.move(moving, version, by=me(), now=now))
    except DomainError as error:
        return _refused(_asked_for(get_session(me(), session_id)), say(error))
    offer_all([appointment.id for appointment in done.lost], now=now)
    if done.lost:
        flash(_("The session is moved."))
        return see_other("manage.displaced", centre=session.practitioner.centre.code)
    flash(_("The session is moved. Every family keeps its time."))
    return leave_for(_board(session, moving.day))


def _asked_for(session: ClinicSession) -> Moving:
    """Where to, by the address; where the session is, if that says nothing."""
    rooms, wanted = session.practitioner.centre.rooms, id_of(request.args, "room")
    room: Room = next((room for room in rooms if room.id == wanted), session.room)
    day = a_day(request.args.get("day")) or clinic_day(session.starts_at)
    opens = a_time(request.args.get("opens")) or local(session.starts_at).time()
    closes = a_time(request.args.get("closes")) or local(session.ends_at).time()
    return Moving(session, room, day, opens, closes)


def _board(session: ClinicSession, day: date) -> str:
    """The board from which it is moved; else that week's sessions."""
    code = session.practitioner.centre.code
    week = url_for("manage.index", centre=code, week=day.isoformat())
    return board_asked(day=day.isoformat()) or week


def _refused(moving: Moving, refusal: str) -> Response:
    """The sentence, and what is so by now where it can be shown."""
    try:
        shown = session_moving.preview(moving, now=clock.now())
    except DomainError:
        shown = None
    return _page(moving, shown, refusal)


def _page(moving: Moving, shown: Moved | None, refusal: str = "") -> Response:
    audit.note_list("preview", [*shown.kept, *shown.lost, *shown.back] if shown else ())
    return render(
        "manage/rota_move.html",
        status=422 if refusal else 200,
        moving=moving,
        session=moving.session,
        centre=moving.session.practitioner.centre,
        rooms=in_use(moving.session.practitioner.centre.rooms, moving.day, but=[moving.room.id]),
        shown=shown,
        outside=outside_hours(
            moving.session.practitioner.centre,
            [moving.day.weekday()],
            moving.opens,
            moving.closes,
        ),
        refusal=refusal,
        here=request.full_path,
        back=_board(moving.session, clinic_day(moving.session.starts_at)),
    )
