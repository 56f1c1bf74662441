"""Keeping the chosen times for some minutes, and turning them into appointments."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, abort, flash, request
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from clinic import clock
from clinic.accounts import limits
from clinic.accounts.access import allow, me
from clinic.accounts.models import Person, Role
from clinic.booking import courses, keeping
from clinic.booking.chooser import wishes_of
from clinic.booking.choosing import facts_for, pick
from clinic.booking.confirming import asked_by, book_or_move, codes_kept, hold_of
from clinic.booking.consenting import not_consented
from clinic.booking.forms import ConfirmForm
from clinic.booking.gone import gone
from clinic.booking.held import get_held
from clinic.booking.queries import booked_from, get_appointment, get_hold
from clinic.booking.terms import OF_KIND, codes_in, kept_with
from clinic.booking.wishing import FILTERS, PATTERN, carried, wish_of, wish_text
from clinic.centres.models import ServiceKind
from clinic.clock import clinic_day
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.consenting import needs_consent
from clinic.families.queries import children_of
from clinic.outside import id_of, ids_of, joined_ids
from clinic.scheduling import holding
from clinic.scheduling.models import Hold, HoldFor
from clinic.scheduling.planning import MOST_SESSIONS
from clinic.scheduling.queries import ChildFacts, where_and_when
from clinic.scheduling.together import Wish
from clinic.scheduling.wanted import Resting, SlotTaken, Wanted
from clinic.sqlite import reads_first
from clinic.web import render, see_other


def add_pages(bp: Blueprint, kind: ServiceKind, title: str) -> None:
    """The pages of one service on which a chosen time is kept, confirmed and let go."""

    @bp.post("/holds", endpoint="hold")
    @allow(Role.PARENT)
    @reads_first
    def hold() -> Response:
        user, wish = me(), carried(request.form)
        refused = not_consented(user, kind, wish)
        return refused or _not_for_this(kind) or _keep(user, kind, title)

    @bp.route("/holds/<id:hold_id>", methods=["GET", "POST"], endpoint="confirm")
    @allow(Role.PARENT)
    @reads_first
    @needs_consent
    def confirm(hold_id: int) -> Response:
        return _confirm(kind, title, hold_id)

    @bp.post("/holds/<id:hold_id>/release", endpoint="release")
    @allow(Role.PARENT)
    def release(hold_id: int) -> Response:
        return _release(kind, get_hold(me(), kind, hold_id))


def _not_for_this(kind: ServiceKind) -> Response | None:
    """Where to go instead, if the choice was changed after these times were found, or begins a course.

    Without scripts the times do not follow the choice by themselves.
    """
    form = request.form
    wish = carried(form)
    if "shown" in form and form["shown"] != wish_text(form):
        flash(_("You changed your choice. These are the times for it now."), "info")
        return see_other(f"{kind.value}.choose", **wish)
    if "shown" in form and "sessions" in wish_text(form):
        names = ("child", "service", "sessions", "practitioner", "slot")
        return see_other(f"{kind.value}.course", **carried(form, names))
    return None


def _asked_for(
    user: Person, kind: ServiceKind, form: MultiDict[str, str], *, now: datetime
) -> tuple[list[Wish[ChildFacts]], list[int]]:
    """The wishes of the form and a slot for each. Aborts with 404 for what is not theirs or not there."""
    catalogue, _versions, children = facts_for(user, [clinic_day(now)], lambda _: (), now=now)
    child = pick(children, id_of(form, "child")) or abort(404)
    others = [number for number in ids_of(form, "with") if number != child.id]
    together = [pick(children, number) or abort(404) for number in dict.fromkeys(others)]
    service = pick(catalogue.services_of(kind), id_of(form, "service")) or abort(404)
    then = None
    if (follower := id_of(form, "then")) is not None:
        then = pick(catalogue.services, follower) or abort(404)
    wishes = wishes_of(child, together, service, then)
    slots = joined_ids(form.get("slot"), MOST_SESSIONS)
    if len(wishes) == 1:
        wishes *= len(slots)  # a course: one child, many times
    if not slots or len(slots) != len(wishes):
        abort(404)
    return wishes, slots


def _keep(user: Person, kind: ServiceKind, title: str) -> Response:
    """Keep the chosen times for some minutes, then ask for the rest."""
    now, form = clock.now(), request.form
    wishes, slots = _asked_for(user, kind, form, now=now)
    move = id_of(form, "move")
    moving = get_appointment(user, move) if move else None
    same = (wishes[0].child.id, wishes[0].service.id)
    if moving and (moving.child_id, moving.service_id) != same:
        abort(404)
    asked = asked_by(wishes, codes_in(form), moving, now=now)
    any_clinician = len(slots) == 1 and bool(form.get("any")) and not form.get("practitioner")
    typed = ConfirmForm()  # before another time had gone, if there is anything
    reason = typed.reason.data or "" if typed.validate() else ""
    try:
        hold_id = keeping.keep(
            wishes,
            slots,
            asked,
            moving,
            any_clinician=any_clinician,
            reason=reason,
            by=user,
            now=now,
        )
    except limits.TooOften:
        raise
    except DomainError as error:
        if isinstance(error, SlotTaken) and (over := holding.over_in(slots, now=now)):
            in_one_transaction(lambda: holding.let_go(over, now=now))
        if isinstance(error, SlotTaken) and holding.rests_in(slots, now=now):
            error = Resting()
        if "begin" in form:
            return courses.again(kind, error)
        at = where_and_when(slots[0]) or abort(404)
        return gone(error, wishes, at, moving, title, asked, reason=reason, now=now)
    carry = carried(form, FILTERS + (PATTERN if "begin" in form else ()))
    return see_other(f"{kind.value}.confirm", hold_id=hold_id, **carry)


def _confirm(kind: ServiceKind, title: str, hold_id: int) -> Response:
    """Show what is held, and book it."""
    form = ConfirmForm()
    user, now = me(), clock.now()
    if not form.validate_on_submit():
        return _show(kind, title, get_hold(user, kind, hold_id), form, now=now)
    reason = form.reason.data or ""
    wanted = [replace(one, reason=reason) for one in get_held(user, kind, hold_id)]
    lead = hold_of(wanted[0])
    if lead.booking_id is not None:
        return see_other("appointments.show", appointment_id=booked_from(lead))
    try:
        booked = in_one_transaction(lambda: book_or_move(wanted, by=user, now=now))
    except DomainError as error:
        db.session.rollback()
        return _too_late(error, wanted, title, now=now)
    if lead.moves_id is not None:
        flash(_("Your appointment is moved."))
    elif len(booked) > 1:
        flash(_("Your %(count)s appointments are booked.", count=len(booked)))
    else:
        flash(_("Your appointment is booked."))
    return see_other("appointments.show", appointment_id=booked[0])


def _show(
    kind: ServiceKind, title: str, kept: Hold, form: ConfirmForm, *, now: datetime
) -> Response:
    """What is held, and the form that confirms it."""
    if kept.booking_id is not None:
        return see_other("appointments.show", appointment_id=booked_from(kept))
    group = holding.group_of(kept)
    if not form.is_submitted():
        form.reason.data = kept.reason
    was_held = bool(kept.ended_at or kept.expires_at <= now)
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
        carry=carried(request.args, FILTERS + PATTERN),
        is_over=was_held and kept.purpose is HoldFor.WAITLIST,
        was_held=was_held,
    )


def _too_late(
    error: DomainError, wanted: Sequence[Wanted], title: str, *, now: datetime
) -> Response:
    """Why what was held cannot be had any more, and what would do instead."""
    theirs = {one.id: one for one in children_of(me())}
    wishes = [Wish(theirs.get(one.child.id) or abort(404), one.service) for one in wanted]
    moves_id = hold_of(wanted[0]).moves_id
    moving = get_appointment(me(), moves_id) if moves_id else None
    asked = asked_by(wishes, codes_kept(wanted), moving, now=now)
    at = (wanted[0].centre_id, wanted[0].starts_at)
    return gone(error, wishes, at, moving, title, asked, reason=wanted[0].reason, now=now)


def _release(kind: ServiceKind, kept: Hold) -> Response:
    """Let go what is kept, and back to the times, with the wish as it was."""
    if kept.booking_id is not None:
        return see_other("appointments.show", appointment_id=booked_from(kept))
    group = holding.group_of(kept)
    lines = kept_with({one.id: one.service.kind for one in group})
    codes: dict[int, list[str]] = {}
    for one in group:
        if one.service.kind in OF_KIND:
            codes.setdefault(one.child_id, []).extend(line.code for line in lines[one.id])
    wish = wish_of(group, codes)
    is_form = kept.purpose is HoldFor.FORM
    in_one_transaction(lambda: holding.release(kept, now=clock.now()))
    if not is_form:
        return see_other("appointments.index")
    if begin := request.args.get("begin"):
        pattern = carried(request.args, PATTERN + FILTERS)
        who = {name: wish[name] for name in ("child", "service")}
        return see_other(f"{kind.value}.course", **who, slot=begin, **pattern)
    return see_other(f"{kind.value}.choose", **wish, **carried(request.args, FILTERS))
