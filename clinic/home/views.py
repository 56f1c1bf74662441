"""The public pages, and where a parent's visit begins."""

from collections.abc import Iterable, Sequence
from datetime import date, time
from itertools import groupby
from typing import Protocol

from flask import Blueprint, Response, abort, request
from flask_login import current_user

from clinic import clock
from clinic.accounts.access import allow, is_away, me, public
from clinic.accounts.models import Role
from clinic.booking.choosing import DAYS
from clinic.booking.queries import appointments_of, offers_for
from clinic.care.gather import plans_of
from clinic.care.timeline import Timeline, last_bookable, timeline_of
from clinic.care.windows import window
from clinic.centres.announcements import not_over
from clinic.centres.pictures import pictures_of
from clinic.centres.queries import get_centre, offered_at, prices_at, public_centres, services_of
from clinic.centres.retired import in_use, is_retired
from clinic.families.queries import children_of, get_child, has_consented
from clinic.home.appointments import is_coming
from clinic.outside import id_of, pick
from clinic.scheduling.appointments import questions
from clinic.scheduling.models import Appointment, HoldFor
from clinic.scheduling.status import Status, status_of
from clinic.services.room import ServiceRoom, followers_of, in_order_of_visit, must_stay, rooms
from clinic.visits.waits import wait_of
from clinic.web import render

bp = Blueprint("home", __name__)


class Hours(Protocol):
    """When a centre is open on a weekday: a row of `opening_hours`."""

    @property
    def weekday(self) -> int: ...
    @property
    def opens(self) -> time: ...
    @property
    def closes(self) -> time: ...


@bp.get("/")
@public("what the centres do is everybody's to know")
def index() -> Response:
    if current_user.is_authenticated and Role.PARENT in me().roles and not is_away():
        return _start()
    return render(
        "home/index.html",
        centres=public_centres(clock.now()),
        hours_of=hours_of,
        rooms=rooms(),
        for_child=None,
    )


def _start() -> Response:
    """A parent's own first page: what comes next, and what can be booked."""
    now = clock.now()
    everything = appointments_of(me())
    coming = [appointment for appointment in everything if is_coming(appointment, now)]
    offered = [offer for offer in offers_for(me(), now=now) if offer.purpose is HoldFor.WAITLIST]
    children = children_of(me())
    return render(
        "home/start.html",
        rooms=rooms(),
        for_child=pick(children, id_of(request.args, "child")),
        here=[
            (appointment, wait_of(appointment, now), must_stay(appointment))
            for appointment in coming
            if appointment.arrived_at
        ],
        coming=[appointment for appointment in coming if not appointment.arrived_at][:3],
        asked=[appointment for appointment in coming if questions.asked_about(appointment)],
        displaced=sum(status_of(appointment) is Status.DISPLACED for appointment in everything),
        offered=len(offered),
        children=children,
        plans=plans_of(children, clock.clinic_day(now)),
        consented=has_consented(me()),
        status_of=status_of,
    )


@bp.get("/family/children/<id:child_id>/plan")
@allow(Role.PARENT)
def plan(child_id: int) -> Response:
    """What a child is due for, and what is booked for it already."""
    now = clock.now()
    child = get_child(me(), child_id)
    coming = [
        appointment
        for appointment in appointments_of(me())
        if appointment.child_id == child.id and is_coming(appointment, now)
    ]
    today = clock.clinic_day(now)
    timeline = timeline_of(child, today)
    found = timeline.plan
    to_book = [
        room
        for room in in_order_of_visit()
        if room.kind in found.kinds_open and not _is_plainly_booked(room.kind, coming, timeline)
    ]
    return render(
        "home/plan.html",
        child=child,
        plan=found,
        timeline=timeline,
        last_day=last_bookable(today, DAYS),
        days_ahead=DAYS,
        window=lambda one: window(one, today),
        to_book=to_book,
        needs_of=lambda rows: [f"{child.id}.{row.code}" for row in rows],
        coming=coming,
        then=_then(to_book, today),
        status_of=status_of,
    )


def _then(to_book: Sequence[ServiceRoom], today: date) -> int | None:
    """The service that can be booked in one visit with the first of these, if it is one of them."""
    following = (
        [room for room in followers_of(to_book[0].kind) if room in to_book] if to_book else []
    )
    services = services_of(following[0].kind, today) if following else []
    return services[0].id if services else None


def _is_plainly_booked(kind: str, coming: Sequence[Appointment], timeline: Timeline) -> bool:
    """Whether a visit of that kind is booked for nothing in particular, and nothing is asked about it."""
    days = {
        due_item.booked_on
        for due_item in (*timeline.plan.now, *timeline.plan.coming, *timeline.paid)
    }
    return any(
        appointment.service.kind == kind
        and clock.clinic_day(appointment.starts_at) not in days
        and not questions.asked_about(appointment)
        for appointment in coming
    )


@bp.get("/centres/<code>")
@public("where a centre is and when it is open")
def centre(code: str) -> Response:
    found, now = get_centre(code), clock.now()
    if found.opened_at is None:
        abort(404)
    today = clock.clinic_day(now)
    offered = offered_at(found.id, today)
    return render(
        "home/centre.html",
        centre=found,
        announcements=[each for each in not_over(found.id, now=now) if each.is_shown(now)],
        pictures=pictures_of(found),
        is_retired=is_retired(found, today),
        practitioners=in_use(found.practitioners, today),
        hours=hours_of(found.opening_hours),
        prices=prices_at(found.id),
        services=[
            (room, [service for service in offered if service.kind == room.kind])
            for room in rooms()
        ],
    )


def hours_of(opening_hours: Iterable[Hours]) -> list[tuple[list[int], list[Hours]]]:
    """Opening hours with the neighbouring weekdays that share them put together."""
    by_day = {weekday: list(rows) for weekday, rows in groupby(opening_hours, lambda o: o.weekday)}
    together: list[tuple[list[int], list[Hours]]] = []
    for weekday, rows in sorted(by_day.items()):
        times = [(row.opens, row.closes) for row in rows]
        if together:
            days, before = together[-1]
            if days[-1] == weekday - 1 and [(o.opens, o.closes) for o in before] == times:
                days.append(weekday)
                continue
        together.append(([weekday], rows))
    return together


@bp.get("/privacy")
@public("a notice must be readable before one agrees to it")
def privacy() -> Response:
    return render("home/privacy.html")


@bp.get("/privacy/children")
@public("a rule must be readable before one agrees to it")
def children_rule() -> Response:
    return render("home/children_rule.html")
