"""Leave, at the manager's: who asks, whom it concerns, done as it was shown, new times offered.

A sick clinician in the morning is two presses: "Away today", then what was shown is done.
Reception may do that for today; the rest is the manager's.
"""

from datetime import datetime, time
from functools import partial

from flask import Response, abort, flash, request
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from clinic import audit, clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.centres.models import Centre, Leave, Practitioner
from clinic.centres.retired import in_use
from clinic.clock import at, clinic_day, day_bounds
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.queries import children_with_guardians
from clinic.i18n import say
from clinic.manage.blueprint import bp
from clinic.manage.hours.lifting import lifted
from clinic.manage.hours.preview import ChangeToShow, show, typed
from clinic.outside import NotADay, NotATime, a_word, day_or, id_of, time_or
from clinic.plain import sought
from clinic.scheduling.appointments import new_times, questions
from clinic.scheduling.changes import leaves
from clinic.scheduling.changes.kinds import Away
from clinic.scheduling.changes.leaves import LeaveRequest
from clinic.web import render, see_other

STAFF = (Role.MANAGER, Role.RECEPTION)


def centre_of_staff(*roles: Role) -> Centre:
    """The centre asked for, or the first, where this user has one of these roles."""
    query = select(Centre).where(Centre.id.in_(me().centre_ids(*roles))).order_by(Centre.id)
    if code := request.values.get("centre"):
        query = query.where(Centre.code == a_word(code))
    return db.session.scalars(query.limit(1)).first() or abort(404)


@bp.get("/leave")
@allow(Deed.SEE_LEAVE)
@names_nobody("clinicians and days")
def leave() -> Response:
    """Who asks for leave, who is away, and a button for who is sick today."""
    centre, now = centre_of_staff(*STAFF), clock.now()
    asked = (
        select(LeaveRequest)
        .where(LeaveRequest.centre_id == centre.id, *leaves.waits_for_an_answer())
        .options(joinedload(LeaveRequest.practitioner))
        .order_by(LeaveRequest.starts_at, LeaveRequest.id)
    )
    live = select(Leave).where(
        Leave.centre_id == centre.id, Leave.lifted_at.is_(None), Leave.ends_at > now
    )
    today = clinic_day(now)
    people = select(Practitioner).where(Practitioner.centre_id == centre.id)
    everybody = list(db.session.scalars(people.order_by(Practitioner.id)))
    return render(
        "manage/leave.html",
        centre=centre,
        asked=list(db.session.scalars(asked)),
        leaves=list(db.session.scalars(live.order_by(Leave.starts_at, Leave.id))),
        staff=in_use(everybody, today),
        names={practitioner.id: practitioner for practitioner in everybody},
        day=today,
        manages=centre.id in me().centre_ids(Role.MANAGER),
    )


@bp.route("/away", methods=["GET", "POST"])
@allow(Deed.SEE_LEAVE)
def away() -> Response:
    """Whom the leave concerns, by name; a POST does what was shown, and offers new times."""
    now = clock.now()
    if not {"who", "request"} & set(request.args):
        return see_other("manage.leave")
    try:
        asked, change = _asked(now)
    except (NotADay, NotATime) as odd:
        flash(say(odd), "info")
        return see_other("manage.leave", **typed())
    page = ChangeToShow(
        change,
        title=_("Away"),
        about=change.practitioner,
        back=("manage.leave", change.practitioner.centre.code),
    )
    try:
        if asked is not None:
            leaves.must_wait(asked)
        leaves.check_leave(
            change.practitioner, change.starts_at, change.ends_at, now=now, request=asked
        )
        if request.method == "POST":
            version = request.form.get("version", "")
            done = in_one_transaction(
                lambda: leaves.send_away(change, version, by=me(), now=now, request=asked)
            )
        else:
            return show(page, now=now)
    except DomainError as error:
        return show(page, now=now, refusal=say(error))
    offer_all([appointment.id for appointment in done.displaced], now=now)
    flash(_("It is done."))
    return see_other("manage.displaced", centre=page.back[1])


def _asked(now: datetime) -> tuple[LeaveRequest | None, Away]:
    """What the address asks for: a request's leave, or so many days of a clinician of this centre.

    Raises NoResultFound for what is not theirs, NotADay and NotATime.
    """
    args, managed = request.args, me().centre_ids(Role.MANAGER)
    if request_id := id_of(args, "request"):
        theirs = select(LeaveRequest).where(
            LeaveRequest.id == request_id, LeaveRequest.centre_id.in_(managed)
        )
        asked = db.session.execute(theirs).scalar_one()
        return asked, Away(asked.practitioner, asked.starts_at, asked.ends_at, asked.reason)
    query = select(Practitioner).where(
        Practitioner.id == id_of(args, "who"),
        Practitioner.centre_id.in_(me().centre_ids(*STAFF)),
    )
    who, today = db.session.execute(query).scalar_one(), clinic_day(now)
    first, last = day_or(args.get("first"), today), day_or(args.get("last"), today)
    if who.centre_id not in managed and (first, last) != (today, today):
        abort(403)
    starts_at, ends_at = at(first, time_or(args.get("opens"), time.min)), day_bounds(last)[1]
    if closes := args.get("closes"):
        ends_at = at(last, time_or(closes, time.min))
    return None, Away(who, starts_at, ends_at, sought(args.get("reason", ""))[:120])


def offer_all(appointment_ids: list[int], *, now: datetime) -> None:
    """Keep new times for each of these families, one transaction a family."""
    for number in appointment_ids:
        in_one_transaction(partial(new_times.offer_to, number, now=now))


@bp.get("/new-times")
@allow(Deed.SEE_LEAVE)
def displaced() -> Response:
    """The families that wait for a new time, and how many are kept for each."""
    centre, now = centre_of_staff(*STAFF), clock.now()
    waiting = new_times.waiting(centre.id)
    asked = questions.open_at(centre.id, now=now)
    children_with_guardians(
        [appointment.child_id for appointment in (*waiting, *asked)]
    )  # whom to call
    audit.note_list("new times", [*waiting, *asked])
    kept = new_times.times_kept([appointment.id for appointment in waiting], now=now)
    return render(
        "manage/new_times.html",
        centre=centre,
        rows=[(appointment, kept[appointment.id]) for appointment in waiting],
        asked=asked,
    )


@bp.post("/leave/<id:request_id>/refusal")
@allow(Deed.PLAN_HOURS)
@names_nobody("clinicians and days")
def refuse(request_id: int) -> Response:
    query = select(LeaveRequest).where(
        LeaveRequest.id == request_id, LeaveRequest.centre_id.in_(me().centre_ids(Role.MANAGER))
    )
    asked = db.session.execute(query).scalar_one()
    try:
        in_one_transaction(lambda: leaves.refuse_leave(asked, by=me(), now=clock.now()))
    except DomainError as error:
        flash(say(error), "info")
    else:
        flash(_("The request is refused. Nothing has changed."))
    return see_other("manage.leave", centre=asked.practitioner.centre.code)


@bp.post("/leave/<id:leave_id>/lift")
@allow(Deed.PLAN_HOURS)
@names_nobody("clinicians and days")
def lift(leave_id: int) -> Response:
    """The clinician is there after all: hours open again, families come back to their times."""
    query = select(Leave).where(
        Leave.id == leave_id, Leave.centre_id.in_(me().centre_ids(Role.MANAGER))
    )
    row = db.session.execute(query).scalar_one()
    return lifted(row, "manage.leave")
