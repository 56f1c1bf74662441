"""Waiting for a place: what a family wishes for, and how it leaves."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, Response, flash, request
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts.access import allow, me
from clinic.accounts.kept_forms import typed_before
from clinic.accounts.models import Role
from clinic.booking.forms import WaitForm
from clinic.booking.queries import get_entry
from clinic.centres.models import Centre, Service
from clinic.centres.queries import centres_with, services_of
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.families.consenting import needs_consent
from clinic.families.models import Child
from clinic.families.queries import children_of
from clinic.i18n import say
from clinic.outside import ids_of
from clinic.scheduling.dayparts import PARTS
from clinic.scheduling.verdict.request import Refused, Request
from clinic.scheduling.waitlist import joining
from clinic.services.room import turned_away
from clinic.web import render, see_other


def add_pages(bp: Blueprint, kind: str, title: str) -> None:
    """The waitlist's pages of one service."""

    @bp.route("/waitlist", methods=["GET", "POST"], endpoint="wait")
    @allow(Role.PARENT)
    @needs_consent
    def wait() -> Response:
        return _wait(kind, title)

    @bp.post("/waitlist/<id:entry_id>/leave", endpoint="leave")
    @allow(Role.PARENT)
    def leave(entry_id: int) -> Response:
        entry = get_entry(me(), kind, entry_id)
        in_one_transaction(lambda: joining.leave(entry, by=me(), now=clock.now()))
        flash(_("You left the waitlist."))
        return see_other("appointments.index")


def _wait(kind: str, title: str) -> Response:
    now = clock.now()
    children, services = children_of(me()), services_of(kind, clinic_day(now))
    centres = list(
        {
            centre.id: centre for each in services for centre in centres_with(each, clinic_day(now))
        }.values()
    )
    typed = typed_before()
    form = WaitForm(typed) if typed else WaitForm()
    form.offer(children, services, centres, clinic_day(now))
    if request.method == "GET" and not typed:
        _as_asked(form)
    refusal = ""
    if form.validate_on_submit():
        wanted = _wanted(form, children, services)
        try:
            if step := turned_away(wanted, now):
                raise Refused([step.why])
            in_one_transaction(lambda: _join(form, wanted, centres, now))
        except DomainError as error:
            refusal = say(error)
        else:
            flash(
                _(
                    "You are on the waitlist. A place that frees up is kept for you here for a "
                    "short while. No message goes out: please look here again."
                )
            )
            return see_other("appointments.index")
    return render(
        "booking/wait.html",
        status=422 if form.errors or refusal else 200,
        form=form,
        kind=kind,
        title=title,
        refusal=refusal,
        has_children=bool(children),
    )


def _as_asked(form: WaitForm) -> None:
    """Begin with what the chooser was asked for."""
    if asked := ids_of(request.args, "child") + ids_of(request.args, "with"):
        form.children.data = asked
    if asked := ids_of(request.args, "service"):
        form.service.data = asked[0]
    if asked := ids_of(request.args, "centre"):
        form.centres.data = asked
    if request.args.get("part") in PARTS:
        form.parts.data = [request.args["part"]]


def _wanted(
    form: WaitForm, children: Sequence[Child], services: Sequence[Service]
) -> list[Request]:
    """What is waited for: the service, for each child that is ticked."""
    service = next(service for service in services if service.id == form.service.data)
    return [Request(child, service) for child in children if child.id in (form.children.data or ())]


def _join(
    form: WaitForm, wanted: Sequence[Request], centres: Sequence[Centre], now: datetime
) -> None:
    assert form.last_day.data
    joining.join(
        me(),
        [request.child for request in wanted],  # type: ignore[misc]
        wanted[0].service,
        [centre for centre in centres if centre.id in (form.centres.data or ())],
        weekdays=form.weekdays.data or (),
        parts=form.parts.data or (),
        first_day=clinic_day(now),
        last_day=form.last_day.data,
        now=now,
    )
