"""A clinician asks for leave, and sees what became of it."""

from datetime import date, time

from flask import Response, abort, flash
from flask_babel import gettext as _
from sqlalchemy import select
from wtforms.fields import SelectChoice

from clinic import clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.rights import Deed
from clinic.calendar.blueprint import bp
from clinic.calendar.forms import LeaveForm
from clinic.centres.models import Leave, Practitioner
from clinic.centres.queries import is_self
from clinic.clock import at, clinic_day, day_bounds
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import name_of, say
from clinic.scheduling.changes import leaves
from clinic.scheduling.changes.leaves import LeaveRequest
from clinic.web import render, see_other


@bp.route("/leave", methods=["GET", "POST"])
@allow(Deed.ASK_LEAVE)
@names_nobody("one's own days")
def leave() -> Response:
    mine = _mine()
    today = clinic_day(clock.now())
    form = LeaveForm(first_day=today, last_day=today)
    form.practitioner.choices = [
        SelectChoice(practitioner.id, name_of(practitioner.centre)) for practitioner in mine
    ]
    if form.validate_on_submit():
        try:
            in_one_transaction(lambda: _ask(form))
        except DomainError as error:
            form.first_day.errors = [say(error)]
        else:
            flash(_("Your request is with the manager of your centre."))
            return see_other("calendar.leave")
    ids = [practitioner.id for practitioner in mine]
    return render(
        "calendar/leave.html",
        status=422 if form.errors else 200,
        form=form,
        mine=mine,
        asked=_of(LeaveRequest, ids, today),
        leaves=_of(Leave, ids, today),
    )


@bp.post("/leave/<id:request_id>/withdrawal")
@allow(Deed.ASK_LEAVE)
@names_nobody("one's own days")
def withdraw_leave(request_id: int) -> Response:
    """A request that nobody has answered yet is taken back by its clinician."""
    theirs = [practitioner.id for practitioner in _mine()]
    query = select(LeaveRequest).where(
        LeaveRequest.id == request_id, LeaveRequest.practitioner_id.in_(theirs)
    )
    asked = db.session.execute(query).scalar_one()
    try:
        in_one_transaction(lambda: leaves.withdraw_leave(asked, by=me(), now=clock.now()))
    except DomainError as error:
        flash(say(error), "info")
    else:
        flash(_("Your request is withdrawn. Nothing has changed."))
    return see_other("calendar.leave")


def _mine() -> list[Practitioner]:
    query = select(Practitioner).where(is_self(me())).order_by(Practitioner.id)
    return list(db.session.scalars(query))


def _of(table: type[LeaveRequest | Leave], ids: list[int], today: date) -> list[object]:
    """Theirs that are not over, earliest first."""
    query = select(table).where(
        table.practitioner_id.in_(ids), table.ends_at > day_bounds(today)[0]
    )
    if table is Leave:
        query = query.where(Leave.lifted_at.is_(None))
    return list(db.session.scalars(query.order_by(table.starts_at, table.id)))


def _ask(form: LeaveForm) -> LeaveRequest:
    first, last = form.first_day.data, form.last_day.data
    if first is None or last is None:
        abort(422)
    starts_at = at(first, form.opens.data or time.min)
    ends_at = at(last, form.closes.data) if form.closes.data else day_bounds(last)[1]
    who = next(
        practitioner for practitioner in _mine() if practitioner.id == form.practitioner.data
    )
    return leaves.ask_leave(
        who, starts_at, ends_at, form.reason.data or "", by=me(), now=clock.now()
    )
