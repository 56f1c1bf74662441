"""An appointment is moved to another slot from the calendar: first what would become of it."""

from datetime import date, datetime

from flask import Blueprint, Response, flash, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import NoResultFound

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.booking.on_behalf import move_for
from clinic.booking.terms import Asked
from clinic.centres.models import Closure
from clinic.clock import clinic_day, day_bounds
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.scheduling.models import Appointment
from clinic.scheduling.queries import Offer, appointments, offers, slots_for
from clinic.scheduling.rules import Objection
from clinic.scheduling.together import Wish
from clinic.scheduling.visit_moving import must_be_as_shown
from clinic.scheduling.wanted import Refused, SlotTaken, Wanted, examine
from clinic.web import render, see_other


def add_pages(bp: Blueprint) -> None:
    """The page in the managers' blueprint."""
    bp.add_url_rule(
        "/appointments/<int:appointment_id>/move", view_func=move_visit, methods=["GET", "POST"]
    )


@allow(Role.MANAGER)
def move_visit(appointment_id: int) -> Response:
    """A day's free times; one of them chosen, what stands against it; a POST moves as shown."""
    visit, now = _visit(appointment_id), clock.now()
    slot_id = request.args.get("slot", type=int)
    if request.method == "GET":
        return _page(visit, slot_id, now)
    version = request.form.get("version", 0, type=int)
    try:
        in_one_transaction(lambda: _move(visit, slot_id or 0, version, now))
    except DomainError as error:
        db.session.rollback()
        return _page(_visit(appointment_id), slot_id, now, say(error))
    flash(_("The appointment is moved."))
    day = clinic_day(visit.starts_at).isoformat()
    return see_other("calendar.today", centre=visit.centre.code, day=day)


def _visit(appointment_id: int) -> Appointment:
    """An appointment at a centre that this user manages. Raises NoResultFound."""
    query = appointments().where(
        Appointment.id == appointment_id,
        Appointment.centre_id.in_(me().centre_ids(Role.MANAGER)),
    )
    return db.session.execute(query).scalar_one()


def _wanted(visit: Appointment, slot_id: int) -> Wanted:
    """The chosen slot of this centre. Raises SlotTaken for what is not there any more."""
    try:
        slots = slots_for(visit.service, slot_id)
    except NoResultFound as error:
        raise SlotTaken from error
    if slots[0].centre_id != visit.centre_id:
        raise SlotTaken
    return Wanted(visit.child, visit.service, slots)


def _against(visit: Appointment, wanted: Wanted, now: datetime) -> list[Objection]:
    """What the rules and the service's own terms object to."""
    found = examine(wanted, online=False, now=now, except_for=[visit.id])
    wish, day = Wish(visit.child, visit.service), clinic_day(wanted.starts_at)
    asked = Asked([wish], {}, visit, today=clinic_day(now), now=now)
    return [*found, *asked.against([wish], [wanted.centre_id], day)]


def _move(visit: Appointment, slot_id: int, version: int, now: datetime) -> None:
    wanted = _wanted(visit, slot_id)
    if against := _against(visit, wanted, now):
        raise Refused(against)
    must_be_as_shown(visit, wanted.slot_ids, version)
    move_for(visit, wanted.slots, by=me(), now=now)


def _page(visit: Appointment, slot_id: int | None, now: datetime, refusal: str = "") -> Response:
    wanted, against = None, []
    if slot_id:
        try:
            wanted = _wanted(visit, slot_id)
            against = _against(visit, wanted, now)
        except DomainError as error:
            refusal = refusal or say(error)
    day = clinic_day(wanted.starts_at) if wanted else _day(visit, now)
    return render(
        "manage/rota_visit.html",
        status=422 if refusal else 200,
        visit=visit,
        wanted=wanted,
        against=against,
        day=day,
        free=_free(visit, day, now),
        closed=_closed(visit.centre_id, day),
        names={one.id: one for one in visit.centre.practitioners},
        rooms={one.id: one for one in visit.centre.rooms},
        refusal=refusal,
        here=request.full_path,
    )


def _day(visit: Appointment, now: datetime) -> date:
    """The day asked for, else the visit's own, or today if that has passed."""
    try:
        day = date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        day = max(clinic_day(visit.starts_at), clinic_day(now))
    return day if 1900 < day.year < 2200 else clinic_day(now)


def _free(visit: Appointment, day: date, now: datetime) -> list[Offer]:
    start, end = day_bounds(day)
    found = offers(visit.service, [visit.centre_id], start, end, now=now, online=False)
    return [one for one in found if one.is_free and one.ends_at > now]


def _closed(centre_id: int, day: date) -> list[Closure]:
    """Why the centre is shut on that day, or for a part of it."""
    start, end = day_bounds(day)
    query = select(Closure).where(
        Closure.centre_id == centre_id,
        Closure.room_id.is_(None),
        Closure.lifted_at.is_(None),
        Closure.starts_at < end,
        Closure.ends_at > start,
    )
    return list(db.session.scalars(query.order_by(Closure.starts_at)))
