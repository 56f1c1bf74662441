"""Day, week and month: a clinician's own, a manager's centre. Each board asks again by itself."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, request, url_for
from flask_babel import format_date

from clinic import audit, clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed, may
from clinic.calendar import board
from clinic.calendar.blueprint import bp
from clinic.calendar.board_queries import (
    appointments_between,
    blocks_between,
    loads_between,
    made_of,
    shut_days,
    waiting_now,
    worked_as,
)
from clinic.calendar.scope import Scope, scope_of
from clinic.clock import clinic_day, day_bounds
from clinic.i18n import language
from clinic.outside import a_day
from clinic.scheduling.day.turns import in_order
from clinic.scheduling.models import Appointment
from clinic.scheduling.status import Status, status_of
from clinic.scheduling.timetable.hours import hours_of
from clinic.web import digest, is_htmx, render, unchanged_part

WEEK = 7


@bp.get("/")
@allow(Deed.SEE_CALENDAR)
def today() -> Response:
    scope, day, now = _scope(), _asked_day(), clock.now()
    start, end = day_bounds(day)
    mark = _mark(scope, start, end, now)
    if unchanged := unchanged_part(mark):
        return unchanged
    appointments, late = in_order(appointments_between(scope, start, end))
    line = now if day == clinic_day(now) else None
    blocks = blocks_between(scope, start, end, now=now)
    audit.note_list("day", appointments)
    return _board(
        "day",
        scope,
        day,
        mark,
        step=1,
        groups=board.grouped(scope.by, blocks, appointments, line=line),
        strips=_strips(scope, blocks),
        hours=_hours(blocks),
        late=late,
    )


@bp.get("/week")
@allow(Deed.SEE_CALENDAR)
def week() -> Response:
    scope, day, now = _scope(), _asked_day(), clock.now()
    monday = day - timedelta(days=day.weekday())
    start, end = day_bounds(monday, WEEK)
    mark = _mark(scope, start, end, now)
    if unchanged := unchanged_part(mark):
        return unchanged
    appointments, blocks = (
        appointments_between(scope, start, end),
        blocks_between(scope, start, end),
    )
    audit.note_list("week", appointments)
    days = [monday + timedelta(days=n) for n in range(WEEK)]
    return _board(
        "week",
        scope,
        monday,
        mark,
        step=WEEK,
        asked_day=day,
        appointments_by_day={
            day: [v for v in appointments if clinic_day(v.starts_at) == day] for day in days
        },
        strips={
            day: _strips(scope, [b for b in blocks if clinic_day(b.session.starts_at) == day])
            for day in days
        },
        hours=_hours(blocks),
    )


@bp.get("/month")
@allow(Deed.SEE_CALENDAR)
@names_nobody("numbers of a day")
def month() -> Response:
    scope, day, now = _scope(), _asked_day(), clock.now()
    first = day.replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    monday = first - timedelta(days=first.weekday())
    weeks = ((after - monday).days + WEEK - 1) // WEEK
    start, end = day_bounds(monday, weeks * WEEK)
    mark = _mark(scope, start, end, now)
    if unchanged := unchanged_part(mark):
        return unchanged
    days = [monday + timedelta(days=n) for n in range(weeks * WEEK)]
    return _board(
        "month",
        scope,
        first,
        mark,
        days=len(days),
        first=monday,
        before=(first - timedelta(days=1)).replace(day=1),
        after=after,
        month_name=format_date(first, "y年M月" if language() == "zh" else "MMMM y"),
        sums=board.sums(days, loads_between(scope, start, end)),
        waiting=waiting_now(scope, clinic_day(now)),
    )


def _strips(scope: Scope, blocks: Sequence[board.Block]) -> list[board.BoardGroup]:
    """Lines of time by clinician, or by room: then an empty room has one too, to be moved to."""
    if scope.by != "room":
        return board.grouped("who", blocks, (), line=None)
    used = {
        board_group.thing: board_group
        for board_group in board.grouped("room", blocks, (), line=None)
    }
    rooms = scope.rooms if blocks and scope.room is None else used
    return [used.get(room) or board.BoardGroup(room) for room in rooms]


def _hours(blocks: Sequence[board.Block]) -> tuple[int, int]:
    return hours_of((block.session.starts_at, block.session.ends_at) for block in blocks)


def _scope() -> Scope:
    return scope_of(me(), request.args) or abort(404)


def _asked_day() -> date:
    """The day in the address, or today."""
    return a_day(request.args.get("day")) or clinic_day(clock.now())


def _mark(scope: Scope, start: datetime, end: datetime, now: datetime) -> str:
    return digest(request.path, start, made_of(scope, start, end, now=now))


def _board(
    view: str, scope: Scope, day: date, mark: str, *, step: int = 0, **shown: object
) -> Response:
    """The page of that view, or only its board when the board asks again."""
    first, days = shown.pop("first", day), shown.pop("days", step)
    assert isinstance(first, date)
    assert isinstance(days, int)

    def link(view: str, day: date | None = None, **change: str) -> str:
        when = {"day": day.isoformat()} if day else {}
        return url_for(f"calendar.{view}", **(scope.asked | when | change))  # type: ignore[arg-type]

    shown_day = {"day": shown.get("asked_day", day)}
    context: dict[str, Any] = {
        "view": view,
        "scope": scope,
        "day": day,
        "tag": f'W/"{mark}"',
        "before": day - timedelta(days=step),
        "after": day + timedelta(days=step),
        "link": link,
        "closed": shut_days(scope, first, days),
        "adjusted": worked_as(scope, first, days),
        "status_of": status_of,
        "loads": board.LOADS,
        "waited": lambda one: board.waited(one, clock.now()),
        "page_of": _page_of,
        "back": f"{'today' if view == 'day' else view}?{urlencode(scope.asked | shown_day)}",
        "may_move": _may_move,
    } | shown
    response = render(f"calendar/{view}.html", partial=f"calendar/_{view}.html", **context)
    if is_htmx():
        response.headers["ETag"] = f'W/"{mark}"'
    return response


def _may_move(appointment: Appointment) -> bool:
    """Whether this user may give it another time: its clinician, or the centre's manager."""
    if status_of(appointment) not in (Status.BOOKED, Status.DISPLACED):
        return False
    is_mine = _is_own(appointment)
    return is_mine or appointment.centre_id in me().centre_ids(Role.MANAGER)


def _page_of(appointment: Appointment) -> str:
    """Where this user may look at the visit: its clinician at their page, the centre's staff at the desk's."""
    if _is_own(appointment):
        return url_for("calendar.appointment", appointment_id=appointment.id)
    if may(me(), Deed.SEE_BOOKINGS, appointment.centre_id):
        return url_for("desk.show", appointment_id=appointment.id)
    return ""


def _is_own(appointment: Appointment) -> bool:
    """Whether this user sees the child, at a centre where they are a clinician today."""
    here = appointment.centre_id in me().centre_ids(Role.CLINICIAN)
    return here and appointment.practitioner.user_id == me().id
