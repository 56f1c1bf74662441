"""A course of many sessions: planned in the open, then kept and booked whole. Also: moving the rest of one."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from flask import Blueprint, Response, abort, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.booking.consenting import may_not_book
from clinic.booking.course_reasons import reasons_of
from clinic.booking.first import redirect_before_choosing
from clinic.booking.queries import get_appointment, movable_with
from clinic.booking.reading import PATTERN, Query, carried
from clinic.booking.requirements import move_to
from clinic.centres.models import Centre, Service
from clinic.centres.queries import centres_with, practitioners_for, services_of
from clinic.clock import clinic_day, local
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.families.queries import get_child
from clinic.i18n import say
from clinic.outside import a_day, a_time, id_of, ids_of, joined_ids, pick
from clinic.scheduling.appointments import moving
from clinic.scheduling.models import Appointment
from clinic.scheduling.search.courses import (
    DIFFERS,
    MOST_SESSIONS,
    Course,
    Pattern,
    plan_course,
)
from clinic.scheduling.verdict.request import Request, SlotTaken
from clinic.scheduling.verdict.slot_times import slots_for
from clinic.sentences import mark
from clinic.web import render, see_other

WEEK = range(7)
GAPS = (1, 2, 3, 7)
LONGEST_GAPS = (3, 7, 14)
MOST_DAYS_BETWEEN = 60
USUALLY = 4  # sessions
OF_REST = ("first", "at", "practitioner", *PATTERN)  # what the page of what remains asks for
LATEST_BEGIN = timedelta(days=366)


class CourseChanged(DomainError):
    message = mark("Some of these appointments have changed meanwhile. This is what remains.")


def add_pages(bp: Blueprint, kind: str) -> None:
    """The course's pages of one service."""

    @bp.get("/course", endpoint="course")
    @allow(Role.PARENT)
    def course() -> Response:
        return _show(kind)

    @bp.route("/remaining/<id:appointment_id>", methods=["GET", "POST"], endpoint="remaining")
    @allow(Role.PARENT)
    def remaining(appointment_id: int) -> Response:
        one = get_appointment(me(), appointment_id)
        rest = movable_with(one, now=clock.now())
        if one.service.kind != kind:
            abort(404)
        if not rest:
            flash(_("Nothing of this course can be moved online any more."), "info")
            return see_other("appointments.show", appointment_id=one.id)
        if request.method == "POST":
            return may_not_book(kind) or _not_chosen_yet(kind, one) or _move_all(kind, rest)
        return _show(kind, rest=rest)


def _not_chosen_yet(kind: str, appointment: Appointment) -> Response | None:
    """Where to go instead, if the kind of service asks something before the rest is moved."""
    wish: Query = {"move": appointment.id}
    request = Request(appointment.child, appointment.service)
    return redirect_before_choosing([request], kind, wish, now=clock.now())


def again(kind: str, error: DomainError) -> Response:
    """The plan anew, when one of its times has gone meanwhile: what changed says so itself."""
    text = _("One of these times has just gone, so nothing was kept. This is the plan without it.")
    gone = isinstance(error, SlotTaken)
    return _show(kind, refusal=text if gone else say(error), status=409 if gone else 422)


def _show(
    kind: str, *, rest: Sequence[Appointment] = (), refusal: str = "", status: int = 200
) -> Response:
    """The pattern, and what comes of it."""
    child, service, centre, first = _begin(kind, rest)
    now = clock.now()
    wish: Query = {"child": child.id, "service": service.id}
    back = request.full_path if request.method == "GET" else ""
    asked = Request(child, service)
    if elsewhere := redirect_before_choosing([asked], kind, wish, back, now=now):
        return elsewhere
    pattern, day = _pattern(first, rest), max(clinic_day(first), clinic_day(now))
    moving = [appointment.id for appointment in rest]
    try:
        course = plan_course(asked, centre.id, day, pattern, now=now, except_for=moving)
    except DomainError as error:
        course, refusal, status = Course(asked, pattern), refusal or say(error), 422
    return render(
        "booking/course.html",
        partial="booking/_course.html",
        status=status,
        course=course,
        centre=centre,
        first=first,
        kind=kind,
        rest=rest,
        refusal=refusal,
        differs=DIFFERS,
        reasons=reasons_of(course, centre, now=now),
        asked=carried(request.values, OF_REST),
        reason=request.values.get("reason", ""),
        begin=request.values.get("begin") or request.values.get("slot", ""),
        most=MOST_SESSIONS,
        week=WEEK,
        gaps=GAPS,
        longest_gaps=LONGEST_GAPS,
        names={practitioner.id: practitioner for practitioner in practitioners_for(service)},
    )


def _begin(kind: str, rest: Sequence[Appointment]) -> tuple[Child, Service, Centre, datetime]:
    """Who, what, where, and the first time: of the slot that was chosen, or of what remains."""
    if rest:
        one = rest[0]
        day, wall = _soon(a_day(request.args.get("first"))), a_time(request.args.get("at"))
        begins = local(one.starts_at)
        first = clock.at(day or begins.date(), wall or begins.time())
        return one.child, one.service, one.centre, first
    asked = request.values
    child = get_child(me(), id_of(asked, "child") or 0)
    service = pick(services_of(kind, date.min), id_of(asked, "service")) or abort(404)
    begin = joined_ids(asked.get("begin") or asked.get("slot"), MOST_SESSIONS) or abort(404)
    chosen = slots_for(service, begin[0])[0]
    centre = pick(centres_with(service, date.min), chosen.centre_id) or abort(404)
    return child, service, centre, chosen.starts_at


def _soon(day: date | None) -> date | None:
    """The day, unless no course could begin then."""
    today = clinic_day(clock.now())
    return day if day and today <= day <= today + LATEST_BEGIN else None


def _pattern(first: datetime, rest: Sequence[Appointment]) -> Pattern:
    """What was asked for; whatever is missing follows from the first time."""
    asked = request.values
    days = [number for number in ids_of(asked, "weekdays") if number in WEEK]
    usual = {clinic_day(appointment.starts_at).weekday() for appointment in rest} or {
        clinic_day(first).weekday()
    }
    count = id_of(asked, "sessions") or 0 if asked.get("sessions") else USUALLY
    gap, longest = id_of(asked, "gap") or 1, id_of(asked, "longest") or 14
    prefer = rest[0].practitioner_id if rest else None
    if "practitioner" in asked:
        prefer = id_of(asked, "practitioner")
    return Pattern(
        count=len(rest) or count,
        weekdays=tuple(sorted(set(days) or usual)),
        wall=local(first).time(),
        practitioner_id=prefer,
        min_gap=min(gap, MOST_DAYS_BETWEEN),
        max_gap=min(longest, MOST_DAYS_BETWEEN),
    )


def _move_all(kind: str, rest: Sequence[Appointment]) -> Response:
    """Give everything that remains the times that were shown, all or none."""
    now = clock.now()
    slots = joined_ids(request.form.get("slot"), MOST_SESSIONS)
    if len(slots) != len(rest):  # one of them was cancelled or moved meanwhile
        return _show(kind, rest=rest, refusal=say(CourseChanged()), status=409)

    def work() -> None:
        moves = [
            move_to(one, Request(one.child, one.service, slots_for(one.service, slot_id)), now=now)
            for one, slot_id in zip(rest, slots, strict=True)
        ]
        if any(move.request.centre_id != rest[0].centre_id for move in moves):
            raise SlotTaken  # the page shows times of that centre alone
        moving.move(moves, by=me(), online=True, now=now)

    try:
        in_one_transaction(work)
    except DomainError as error:
        return _show(kind, rest=rest, refusal=say(error), status=409)
    flash(_("Your %(count)s appointments are moved.", count=len(rest)))
    return see_other("appointments.index")
