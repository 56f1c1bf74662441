"""Retiring a room, a clinician, a service or a centre: whom it concerns, by name, before it is done."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from flask import Response, abort, flash, request
from flask_babel import gettext as _
from sqlalchemy import select

from clinic import audit, clock
from clinic.accounts.access import allow, me, names_nobody
from clinic.accounts.models import Role
from clinic.accounts.rights import Deed
from clinic.centres.managed import managed_centre
from clinic.centres.models import Centre, CentreService, Practitioner, Room, Service
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import NotADay, an_id, day_or
from clinic.scheduling.appointments import new_times
from clinic.scheduling.changes import applying, retiring
from clinic.scheduling.changes.retiring import Retirable, Retire
from clinic.setup.affected import affected
from clinic.setup.blueprint import bp
from clinic.web import render, see_other, shown_on

THE_CENTRE = "centre"


@dataclass(frozen=True)
class Row:
    """Something that can be retired: its word and id in addresses, its name, and from when on it is."""

    kind: str
    number: int
    named: Centre | Room | Practitioner | Service
    retired_on: date | None


@bp.get("/centres/<code>/retire")
@allow(Deed.SET_UP)
@names_nobody("what a centre has")
def retirements(code: str) -> Response:
    """Rooms, clinicians, services and the centre itself, and what of it is retired."""
    centre = managed_centre(me(), code)
    return render(
        "setup/retirements.html",
        centre=centre,
        groups=_groups(centre),
        day=clinic_day(clock.now()),
        first=clinic_day(clock.now()) + timedelta(days=1),
        typed=request.args,
    )


def _groups(centre: Centre) -> list[tuple[str, list[Row]]]:
    offered = select(Service, CentreService.retired_on).join(
        CentreService, CentreService.service_id == Service.id
    )
    services = db.session.execute(
        offered.where(CentreService.centre_id == centre.id).order_by(Service.id)
    )
    return [
        (_("Rooms"), [Row("room", row.id, row, row.retired_on) for row in centre.rooms]),
        (
            _("Clinicians"),
            [Row("clinician", row.id, row, row.retired_on) for row in centre.practitioners],
        ),
        (_("Services"), [Row("service", row.id, row, since) for row, since in services]),
        (_("The centre"), [Row(THE_CENTRE, centre.id, centre, centre.retired_on)]),
    ]


def _asked(centre: Centre) -> tuple[Row, Retirable]:
    """What the address asks for; 404 unless it is this centre's."""
    kind, number = request.args.get("kind", ""), an_id(request.args.get("what"))
    row = next(
        (
            row
            for _title, rows in _groups(centre)
            for row in rows
            if (row.kind, row.number) == (kind, number)
        ),
        None,
    ) or abort(404)
    if kind == "service":
        return row, db.session.get_one(CentreService, (centre.id, row.number))
    return row, row.named  # type: ignore[return-value]


@bp.route("/centres/<code>/retiring", methods=["GET", "POST"])
@allow(Deed.SET_UP)
def retire(code: str) -> Response:
    """Whom it concerns, by name; a POST does what was shown, and keeps new times for families."""
    centre, now = managed_centre(me(), code), clock.now()
    if "kind" not in request.args:
        return see_other("setup.retirements", code=code)
    row, what = _asked(centre)
    today = clinic_day(now)
    try:
        day = day_or(request.args.get("day"), today + timedelta(days=1))
    except NotADay as odd:
        flash(say(odd), "info")
        return see_other("setup.retirements", code=code, **request.args)
    change = Retire(what, day, today)
    try:
        change.check()
        if request.method == "GET":
            return _show(centre, row, change, now)
        version = request.form.get("version", "")
        done = in_one_transaction(lambda: applying.apply(change, version, by=me(), now=now))
    except DomainError as error:
        return _show(centre, row, change, now, refusal=say(error))
    for appointment in done.displaced:
        in_one_transaction(partial(new_times.offer_to, appointment.id, now=now))
    flash(_("It is done."))
    if done.displaced and centre.id in me().centre_ids(Role.MANAGER):
        return see_other("manage.displaced", centre=code)
    return see_other("setup.retirements", code=code)


def _show(
    centre: Centre, row: Row, change: Retire, now: datetime, *, refusal: str = ""
) -> Response:
    can_be = change.what.retired_on is None and change.day > change.today
    shown = applying.preview(change, now=now) if can_be else None
    audit.note_list("preview", shown.displaced if shown else ())
    return render(
        "setup/retire.html",
        status=422 if refusal else 200,
        centre=centre,
        row=row,
        day=change.day,
        shown=shown,
        affected=affected(change.what, change.day, shown) if shown else None,
        refusal=refusal,
        here=request.full_path,
    )


@bp.post("/centres/<code>/retiring/taken-back")
@allow(Deed.SET_UP)
@names_nobody("what a centre has")
@shown_on("setup.retirements")
def take_back(code: str) -> Response:
    """It stays in use after all: its hours open again, families come back to their times."""
    centre, now = managed_centre(me(), code), clock.now()
    if "kind" not in request.args:
        return see_other("setup.retirements", code=code)
    _row, what = _asked(centre)
    try:
        done = in_one_transaction(lambda: retiring.take_back(what, by=me(), now=now))
    except DomainError as error:
        flash(say(error), "info")
    else:
        flash(
            _("Opened again; families back at their old time: %(back)s.", back=len(done.restored))
        )
    return see_other("setup.retirements", code=code)
