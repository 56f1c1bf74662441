"""The pages, made once for each of the four services."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, abort, flash, request, session
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from clinic import clock
from clinic.accounts import limits
from clinic.accounts.access import allow, me
from clinic.accounts.models import Person, Role
from clinic.booking import courses, keeping, waitlist
from clinic.booking.choosing import (
    COURSES,
    MOST_SLOTS,
    ask,
    days_from,
    facts_for,
    pick,
    wishes_of,
)
from clinic.booking.confirming import asked_by, book_or_move, codes_kept, hold_of
from clinic.booking.forms import ConfirmForm
from clinic.booking.gone import gone
from clinic.booking.held import get_held
from clinic.booking.queries import booked_from, get_appointment, get_hold
from clinic.booking.terms import OF_KIND, Terms, codes_in, kept_with
from clinic.booking.times import add_times
from clinic.centres.districts import all_districts
from clinic.centres.models import ServiceKind
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.queries import children_of, has_consented
from clinic.outside import id_of, ids_of, joined_ids
from clinic.scheduling import holding
from clinic.scheduling.models import Hold, HoldFor
from clinic.scheduling.parts import PARTS
from clinic.scheduling.queries import ChildFacts, where_and_when
from clinic.scheduling.reasons import SHORT
from clinic.scheduling.together import Wish
from clinic.scheduling.wanted import Resting, SlotTaken, Wanted
from clinic.sqlite import reads_first, write_now
from clinic.web import Mark, render, see_other


def booking_pages(kind: ServiceKind, title: str, *, terms: type[Terms] | None = None) -> Blueprint:
    """The blueprint of one service: choose, hold, confirm, release, wait. `title` is a marked text.

    `terms` are what this kind of service asks of a visit beyond its place.
    """
    if terms:
        OF_KIND[kind] = terms
    bp = Blueprint(kind.value, f"clinic.{kind.value}.views", url_prefix=f"/{kind.value}")

    @bp.get("/", endpoint="choose")
    @allow(Role.PARENT)
    def choose_time() -> Response:
        now = clock.now()
        chooser = ask(me(), kind, request.args, near=session.get("near"), now=now)
        made_of = chooser.made_of
        mark = Mark(made_of) if made_of else None
        if mark and (unchanged := mark.unchanged(now)):
            return unchanged
        add_times(chooser, request.args, now)
        page = render(
            "booking/choose.html",
            partial="booking/_chooser.html",
            chooser=chooser,
            kind=kind.value,
            title=title,
            parts=PARTS,
            districts=all_districts(),
            names={one.id: one for one in chooser.practitioners},
            short=SHORT,
            courses=COURSES if kind is ServiceKind.REHAB else (),
        )
        return mark.put_on(page, chooser.until) if mark and chooser.until else page

    @bp.post("/holds", endpoint="hold")
    @allow(Role.PARENT)
    @reads_first
    def hold() -> Response:
        user = me()
        return not_consented(user) or keep(user, kind, title)

    @bp.route("/holds/<id:hold_id>", methods=["GET", "POST"], endpoint="confirm")
    @allow(Role.PARENT)
    @reads_first
    def confirm(hold_id: int) -> Response:
        return confirm_hold(kind, title, hold_id)

    @bp.post("/holds/<id:hold_id>/release", endpoint="release")
    @allow(Role.PARENT)
    def release(hold_id: int) -> Response:
        kept = get_hold(me(), kind, hold_id)
        if kept.booking_id is None:
            in_one_transaction(lambda: holding.release(kept, now=clock.now()))
        if kept.purpose is HoldFor.FORM:
            return see_other(f"{kind.value}.choose")
        return see_other("appointments.index")

    courses.add_pages(bp, kind, may_not_book)
    waitlist.add_pages(bp, kind, title)
    return bp


def not_consented(user: Person) -> Response | None:
    """Where to go instead, when a text has not been agreed to."""
    if has_consented(user):
        return None
    flash(_("To book, please agree to the privacy notice and the rule for children."))
    return see_other("families.consents")


def may_not_book() -> Response | None:
    """The same, and a try is counted. Raises TooOften."""
    user = me()
    if refused := not_consented(user):
        return refused
    write_now(db.session.connection())
    try:
        limits.spend(limits.BOOKING, str(user.id), now=clock.now())
    except limits.TooOften:
        db.session.commit()
        raise
    db.session.commit()
    return None


def asked_for(
    user: Person, kind: ServiceKind, form: MultiDict[str, str], *, now: datetime
) -> tuple[list[Wish[ChildFacts]], list[int]]:
    """The wishes of the form and a slot for each. Aborts with 404 for what is not theirs or not there."""
    catalogue, _, children = facts_for(user, days_from(now), lambda _: (), now=now)
    child = pick(children, id_of(form, "child")) or abort(404)
    together = [pick(children, one) or abort(404) for one in ids_of(form, "with")]
    services = catalogue.services_of(kind)
    service = pick(services, id_of(form, "service")) or abort(404)
    then = None
    if (follower := id_of(form, "then")) is not None:
        then = pick(catalogue.services, follower) or abort(404)
    wishes = wishes_of(child, together, service, then)
    slots = joined_ids(form.get("slot"), MOST_SLOTS)
    if len(wishes) == 1:
        wishes *= len(slots)  # a course: one child, many times
    if not slots or len(slots) != len(wishes):
        abort(404)
    return wishes, slots


def keep(user: Person, kind: ServiceKind, title: str) -> Response:
    """Keep the chosen times for some minutes, then ask for the rest."""
    now, form = clock.now(), request.form
    wishes, slots = asked_for(user, kind, form, now=now)
    move = id_of(form, "move")
    moving = get_appointment(user, move) if move else None
    same = (wishes[0].child.id, wishes[0].service.id)
    if moving and (moving.child_id, moving.service_id) != same:
        abort(404)
    asked = asked_by(wishes, codes_in(form), moving, now=now)
    any_clinician = len(slots) == 1 and bool(form.get("any"))
    try:
        hold_id = keeping.keep(
            wishes, slots, asked, moving, any_clinician=any_clinician, by=user, now=now
        )
    except limits.TooOften:
        raise
    except DomainError as error:
        if isinstance(error, SlotTaken) and (over := holding.over_in(slots, now=now)):
            in_one_transaction(lambda: holding.let_go(over, now=now))
        if isinstance(error, SlotTaken) and holding.rests_in(slots, now=now):
            error = Resting()
        at = where_and_when(slots[0]) or abort(404)
        return gone(error, wishes, at, moving, title, asked, now=now)
    return see_other(f"{kind.value}.confirm", hold_id=hold_id)


def confirm_hold(kind: ServiceKind, title: str, hold_id: int) -> Response:
    """Show what is held, and book it."""
    form = ConfirmForm()
    user, now = me(), clock.now()
    if not form.validate_on_submit():
        return show_hold(kind, title, get_hold(user, kind, hold_id), form, now=now)
    reason = form.reason.data or ""
    wanted = [replace(one, reason=reason) for one in get_held(user, kind, hold_id)]
    lead = hold_of(wanted[0])
    if lead.booking_id is not None:
        return see_other("appointments.show", appointment_id=booked_from(lead))
    try:
        booked = in_one_transaction(lambda: book_or_move(wanted, by=user, now=now))
    except DomainError as error:
        db.session.rollback()
        return too_late(error, wanted, title, now=now)
    if lead.moves_id is not None:
        flash(_("Your appointment is moved."))
    elif len(booked) > 1:
        flash(_("Your %(count)s appointments are booked.", count=len(booked)))
    else:
        flash(_("Your appointment is booked."))
    return see_other("appointments.show", appointment_id=booked[0])


def show_hold(
    kind: ServiceKind, title: str, kept: Hold, form: ConfirmForm, *, now: datetime
) -> Response:
    """What is held, and the form that confirms it."""
    if kept.booking_id is not None:
        return see_other("appointments.show", appointment_id=booked_from(kept))
    group = holding.group_of(kept)
    return render(
        "booking/confirm.html",
        partial="booking/_confirm.html",
        status=422 if form.errors else 200,
        hold=kept,
        group=group,
        needs=kept_with({one.id: one.service.kind for one in group}),
        form=form,
        kind=kind.value,
        title=title,
        is_over=kept.purpose is HoldFor.WAITLIST and bool(kept.ended_at or kept.expires_at <= now),
    )


def too_late(
    error: DomainError, wanted: Sequence[Wanted], title: str, *, now: datetime
) -> Response:
    """Why what was held cannot be had any more, and what would do instead."""
    theirs = {one.id: one for one in children_of(me())}
    wishes = [Wish(theirs.get(one.child.id) or abort(404), one.service) for one in wanted]
    moves_id = hold_of(wanted[0]).moves_id
    moving = get_appointment(me(), moves_id) if moves_id else None
    asked = asked_by(wishes, codes_kept(wanted), moving, now=now)
    at = (wanted[0].centre_id, wanted[0].starts_at)
    return gone(error, wishes, at, moving, title, asked, now=now)
