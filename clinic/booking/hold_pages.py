"""Holding the chosen times for some minutes, and turning them into appointments."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from flask import Blueprint, Response, abort, flash, request
from sqlalchemy.exc import NoResultFound

from clinic import clock
from clinic.accounts import limits
from clinic.accounts.access import allow, me
from clinic.accounts.models import Person, Role
from clinic.accounts.sent_forms import each_time
from clinic.booking import confirming
from clinic.booking.confirming import codes_reserved, hold_of
from clinic.booking.consenting import redirect_to_consents
from clinic.booking.counted_hold import hold_counted
from clinic.booking.first import redirect_before_confirming, redirect_to
from clinic.booking.forms import OtherPartForm, ReasonForm, choice_of, form_to_confirm, typed_reason
from clinic.booking.gone import gone, instead, taken_or_resting
from clinic.booking.held import get_held
from clinic.booking.offers import against, purposes_offered
from clinic.booking.other_part import CANCELLED, Other, goes_to, other_part
from clinic.booking.queries import booked_from, get_appointment, get_hold
from clinic.booking.reading import (
    FILTERS,
    KEPT,
    PATTERN,
    Query,
    carried,
    choice_in,
    codes_in,
    must_be_shown,
    redirect_if_changed,
    slots_text,
    wish_of,
)
from clinic.booking.requirements import requirements_of, requires, reserved_with
from clinic.booking.slips import bring_to
from clinic.centres.models import Service
from clinic.centres.queries import prices_at
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.families.consenting import needs_consent
from clinic.families.queries import children_of
from clinic.i18n import gettext as _
from clinic.i18n import say
from clinic.scheduling.appointments import holding
from clinic.scheduling.models import Hold, HoldFor
from clinic.scheduling.verdict.request import Held, HeldNoMore, Refused, Request
from clinic.services.room import step_before
from clinic.sqlite import reads_first
from clinic.web import render, see_other


def add_pages(bp: Blueprint, kind: str, title: str) -> None:
    """The pages of one service on which a chosen time is kept, confirmed and given up."""

    @bp.post("/holds", endpoint="hold")
    @allow(Role.PARENT)
    @each_time("a kept time may be given up, and kept again from the same page")
    @reads_first
    def hold() -> Response:
        user = me()
        refused = redirect_to_consents(user, kind, request.form)
        return refused or redirect_if_changed(kind) or _hold_chosen(user, kind, title)

    @bp.route("/holds/<id:hold_id>", methods=["GET", "POST"], endpoint="confirm")
    @allow(Role.PARENT)
    @each_time("the hold is the key of its booking")
    @reads_first
    @needs_consent
    def confirm(hold_id: int) -> Response:
        return _confirm(kind, title, hold_id)

    @bp.post("/holds/<id:hold_id>/release", endpoint="release")
    @allow(Role.PARENT)
    def release(hold_id: int) -> Response:
        try:
            kept = get_hold(me(), kind, hold_id)
            must_be_shown(holding.group_of(kept))
        except NoResultFound:  # given up already: back to the times all the same
            choice_in(me(), kind, request.args, now=clock.now())
            return _back_to_times(kind, carried(request.args))
        return _release(kind, kept)


def _hold_chosen(user: Person, kind: str, title: str) -> Response:
    """Hold the chosen times for some minutes, then ask for the rest."""
    now, form = clock.now(), request.form
    choice = choice_in(user, kind, form, now=now)
    if step := step_before(choice.requests, now):
        return redirect_to(step, kind, carried(form))
    required = requirements_of(choice.requests, choice.codes, choice.moving, now=now)
    any_clinician = bool(form.get("any")) and not form.get("practitioner")
    reason = typed_reason()  # before another time had gone, if there is anything
    try:
        holds = hold_counted(
            choice, required, any_clinician=any_clinician, reason=reason, by=user, now=now
        )
    except limits.TooOften:
        raise
    except DomainError as error:
        error = taken_or_resting(error, choice.slots, now=now)
        return instead(error, choice, required, kind, title, reason, now=now)
    wish = carried(form, KEPT + (PATTERN if "begin" in form else ()))
    wish["slot"] = slots_text(holds)
    return see_other(f"{kind}.confirm", hold_id=holds[0].id, **wish)


def _confirm(kind: str, title: str, hold_id: int) -> Response:
    """Show what is held, and book it."""
    user, now = me(), clock.now()
    try:
        if request.method == "GET":
            kept = get_hold(user, kind, hold_id)
            must_be_shown(group := holding.group_of(kept))
            if elsewhere := redirect_before_confirming(group, kind, now=now):
                return elsewhere
            wanted = get_held(user, kind, hold_id) if kept.moves_id else []
            other = _other_of(wanted, now=now)
            return _show(kind, title, kept, form_to_confirm(other), other, now=now)
        wanted = get_held(user, kind, hold_id)
        must_be_shown([hold_of(wish) for wish in wanted])
    except NoResultFound:
        return _held_no_more(kind, title, now=now)
    lead = hold_of(wanted[0])
    if lead.booking_id is not None:
        return see_other("appointments.show", appointment_id=booked_from(lead))
    if step_before(wanted, now):  # what was answered has changed, or is old: the page says so
        return see_other(
            f"{kind}.confirm", hold_id=hold_id, **carried(request.args, KEPT + PATTERN)
        )
    return _book(kind, title, hold_id, wanted, now=now)


def _book(
    kind: str, title: str, hold_id: int, wanted: Sequence[Request], *, now: datetime
) -> Response:
    """Book what is held, or say why not."""
    user, lead = me(), hold_of(wanted[0])
    other = _other_of(wanted, now=now)
    form = form_to_confirm(other)
    if not form.validate_on_submit():
        return _show(kind, title, get_hold(user, kind, hold_id), form, other, now=now)
    wanted = [replace(wish, reason=form.reason.data or "") for wish in wanted]
    choice = choice_of(form)
    ticked = codes_in(request.form) if lead.purpose is HoldFor.WAITLIST else {}
    if ticked and (found := against(wanted, ticked, now=now)):
        kept = get_hold(user, kind, hold_id)
        return _show(kind, title, kept, form, refusal=say(found[0]), now=now)
    try:
        booked = in_one_transaction(
            lambda: confirming.confirm(wanted, other, choice, ticked, by=user, now=now)
        )
    except limits.TooOften:
        raise
    except DomainError as error:
        if other and goes_to(other, choice) and not isinstance(error, Refused):
            return _ask_again(kind, title, hold_id, now=now)
        return _too_late(error, wanted, title, now=now)
    _say_done(lead, other, choice, len(booked))
    return see_other("appointments.show", appointment_id=booked[0])


def _other_of(wanted: Sequence[Request], *, now: datetime) -> Other | None:
    """The other part of the visit that these holds move, if it has one."""
    moves_id = hold_of(wanted[0]).moves_id if wanted else None
    if moves_id is None or hold_of(wanted[0]).booking_id is not None:
        return None
    return other_part(get_appointment(me(), moves_id), wanted[0], online=True, now=now)


def _ask_again(kind: str, title: str, hold_id: int, *, now: datetime) -> Response:
    """The time for the other part has gone: nothing was moved, and it is asked about anew."""
    other = _other_of(get_held(me(), kind, hold_id), now=now)
    form = form_to_confirm(other)
    if isinstance(form, OtherPartForm):
        form.other.errors = [_("That time has just gone, and nothing was moved. Choose again.")]
    return _show(kind, title, get_hold(me(), kind, hold_id), form, other, now=now)


def _say_done(lead: Held, other: Other | None, choice: str, count: int) -> None:
    if lead.moves_id is None:
        many = _("Your %(count)s appointments are booked.", count=count)
        flash(many if count > 1 else _("Your appointment is booked."))
    elif other and goes_to(other, choice):
        flash(_("Both parts of your visit are moved."))
    elif choice == CANCELLED:
        flash(_("Your appointment is moved, and the other part is cancelled."))
    else:
        flash(_("Your appointment is moved."))


def _held_no_more(kind: str, title: str, *, now: datetime) -> Response:
    """The hold is deleted, for the family chose anew meanwhile, say: the wish and what was typed go on.

    Aborts with 404 where the address does not say what was wished for, or it is not theirs.
    """
    user, args = me(), request.args
    choice = choice_in(user, kind, args, now=now)
    if request.method == "GET":
        flash(_("This time is no longer held for you. Please choose again."), "info")
        return _back_to_times(kind, carried(args))
    required = requirements_of(choice.requests, choice.codes, choice.moving, now=now)
    return instead(HeldNoMore(), choice, required, kind, title, typed_reason(), now=now)


def _show(
    kind: str,
    title: str,
    kept: Hold,
    form: ReasonForm,
    other: Other | None = None,
    *,
    refusal: str = "",
    now: datetime,
) -> Response:
    """What is held, and the form that confirms it; an offer from the waitlist also asks what for."""
    if kept.booking_id is not None:
        return see_other("appointments.show", appointment_id=booked_from(kept))
    group = holding.group_of(kept)
    if not form.is_submitted():
        form.reason.data = kept.reason
    was_held = bool(kept.ended_at or kept.expires_at <= now)
    is_offer = kept.purpose is HoldFor.WAITLIST
    return render(
        "booking/confirm.html",
        partial="booking/_confirm.html",
        now=now,
        status=422 if form.errors or refusal else 200,
        choices=purposes_offered(group, codes_in(request.form), now=now)
        if is_offer and not was_held
        else {},
        refusal=refusal,
        hold=kept,
        group=group,
        needs=reserved_with({hold.id: hold.service.kind for hold in group}),
        form=form,
        kind=kind,
        title=title,
        carry=carried(request.args, KEPT + PATTERN),
        prices=prices_at(kept.slot.centre_id),
        bring=bring_to([hold.service for hold in group] + _staying(kept, other)),
        is_over=was_held and is_offer,
        was_held=was_held,
    )


def _staying(kept: Hold, other: Other | None) -> list[Service]:
    """What the child comes for on the same day anyhow."""
    same_day = other and clinic_day(other.part.starts_at) == clinic_day(kept.slot.starts_at)
    return [other.part.service] if other and same_day else []


def _too_late(
    error: DomainError, wanted: Sequence[Request], title: str, *, now: datetime
) -> Response:
    """Why what was held cannot be had any more, and what would do instead."""
    theirs = {child.id: child for child in children_of(me())}
    wishes = [Request(theirs.get(wish.child.id) or abort(404), wish.service) for wish in wanted]
    moves_id = hold_of(wanted[0]).moves_id
    moving = get_appointment(me(), moves_id) if moves_id else None
    required = requirements_of(wishes, codes_reserved(wanted), moving, now=now)
    at = (wanted[0].centre_id, wanted[0].starts_at)
    return gone(error, wishes, at, moving, title, required, reason=wanted[0].reason, now=now)


def _release(kind: str, kept: Hold) -> Response:
    """Let go what is kept, and back to the times, with the wish as it was."""
    if kept.booking_id is not None:
        return see_other("appointments.show", appointment_id=booked_from(kept))
    group = holding.group_of(kept)
    reserved = reserved_with({hold.id: hold.service.kind for hold in group})
    codes: dict[int, list[str]] = {}
    for hold in group:
        if requires(hold.service):
            codes.setdefault(hold.child_id, []).extend(
                purpose.code for purpose in reserved[hold.id]
            )
    wish = wish_of(group, codes)
    is_form = kept.purpose is HoldFor.FORM
    in_one_transaction(lambda: holding.give_up(kept, now=clock.now()))
    if not is_form:
        return see_other("appointments.index")
    return _back_to_times(kind, wish | carried(request.args, FILTERS))


def _back_to_times(kind: str, wish: Query) -> Response:
    """The page of times, or the plan of a course, as they were."""
    if begin := request.args.get("begin"):
        pattern = carried(request.args, PATTERN + FILTERS)
        asked = {name: wish[name] for name in ("child", "service")}
        return see_other(f"{kind}.course", **asked, slot=begin, **pattern)
    return see_other(f"{kind}.choose", **wish)
