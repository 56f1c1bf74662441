"""The pages, made once for each of the four services."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from flask import Blueprint, Response, abort, flash, request, session
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import limits
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.booking import courses, waitlist
from clinic.booking.choosing import (
    COURSES,
    ask,
    days_from,
    facts_for,
    number,
    numbers,
    pick,
    slot_ids,
    wishes_of,
)
from clinic.booking.forms import ConfirmForm
from clinic.booking.gone import gone
from clinic.booking.queries import get_appointment, get_hold
from clinic.booking.terms import OF_KIND, Asked, Terms, codes_in, kept_with
from clinic.booking.times import add_times
from clinic.centres.districts import all_districts
from clinic.centres.models import ServiceKind
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.queries import has_consented
from clinic.scheduling import booking, holding
from clinic.scheduling.models import Appointment, Channel, Hold, HoldFor
from clinic.scheduling.parts import PARTS
from clinic.scheduling.queries import (
    ChildFacts,
    Patient,
    slots_for,
    where_and_when,
)
from clinic.scheduling.reasons import SHORT
from clinic.scheduling.together import Wish
from clinic.scheduling.wanted import Refused, SlotTaken, Wanted
from clinic.sqlite import reads_first, write_now
from clinic.web import Mark, filled, render, see_other


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
        return not_consented() or keep(kind, title)

    @bp.route("/holds/<int:hold_id>", methods=["GET", "POST"], endpoint="confirm")
    @allow(Role.PARENT)
    @reads_first
    def confirm(hold_id: int) -> Response:
        return confirm_hold(kind, title, get_hold(me(), kind, hold_id))

    @bp.post("/holds/<int:hold_id>/release", endpoint="release")
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


def not_consented() -> Response | None:
    """Where to go instead, when a text has not been agreed to."""
    if has_consented(me()):
        return None
    flash(_("To book, please agree to the privacy notice and the rule for children."))
    return see_other("families.consents")


def may_not_book() -> Response | None:
    """The same, and a try is counted. Raises TooOften."""
    if refused := not_consented():
        return refused
    write_now(db.session.connection())
    try:
        limits.spend(limits.BOOKING, str(me().id), now=clock.now())
    except limits.TooOften:
        db.session.commit()
        raise
    db.session.commit()
    return None


def asked_for(kind: ServiceKind, *, now: datetime) -> tuple[list[Wish[ChildFacts]], list[int]]:
    """The wishes of the form and a slot for each. Aborts with 404 for what is not theirs or not there."""
    catalogue, _, children = facts_for(me(), days_from(now), now=now)
    child = pick(children, number(request.form, "child")) or abort(404)
    together = [pick(children, one) or abort(404) for one in numbers(request.form, "with")]
    services = catalogue.services_of(kind)
    service = pick(services, number(request.form, "service")) or abort(404)
    then = None
    if (follower := number(request.form, "then")) is not None:
        then = pick(catalogue.services, follower) or abort(404)
    wishes = wishes_of(child, together, service, then)
    slots = slot_ids(request.form.get("slot", ""))
    if len(wishes) == 1:
        wishes *= len(slots)  # a course: one child, many times
    if not slots or len(slots) != len(wishes):
        abort(404)
    return wishes, slots


def keep(kind: ServiceKind, title: str) -> Response:
    """Keep the chosen times for some minutes, then ask for the rest."""
    now = clock.now()
    wishes, slots = asked_for(kind, now=now)
    move = number(request.form, "move")
    moving = get_appointment(me(), move) if move else None
    same = (wishes[0].child.id, wishes[0].service.id)
    if moving and (moving.child_id, moving.service_id) != same:
        abort(404)
    asked = asked_by(wishes, codes_in(request.form), moving, now=now)
    anyone = len(slots) == 1 and bool(request.form.get("any"))

    def wanted_in(chosen: Sequence[int]) -> list[Wanted]:
        """What is wanted, in these slots. Raises Refused, or what says that it may not be moved."""
        wanted = [
            Wanted(wish.child, wish.service, slots_for(wish.service, slot_id))
            for wish, slot_id in zip(wishes, chosen, strict=True)
        ]
        for one in wanted:
            day = clock.clinic_day(one.starts_at)
            if found := asked.objections(one.child, one.service, day):
                raise Refused(found)
        if moving:
            booking.must_be_changeable(moving, online=True, now=now)
        return wanted

    def first() -> None:
        if not anyone:
            holding.must_seem_free(wanted_in(slots), by=me(), now=now, moves=moving)

    def work() -> Hold:
        chosen = list(slots)
        if anyone:
            chosen = holding.whoever_is_free(wishes[0].service, slots[0], now=now)[:1]
        wanted = wanted_in(chosen)
        lead = holding.hold_together(wanted, by=me(), now=now, moves=moving)
        if asked.terms:
            asked.keep(holding.group_of(lead), by=me(), now=now)
        return lead

    try:
        kept = limits.counted(limits.BOOKING, str(me().id), work, first=first, now=now)
    except limits.TooOften:
        raise
    except DomainError as error:
        if isinstance(error, SlotTaken) and (over := holding.over_in(slots, now=now)):
            in_one_transaction(lambda: holding.let_go(over, now=now))
        at = where_and_when(slots[0]) or abort(404)
        return gone(error, wishes, at, moving, title, asked, now=now)
    return see_other(f"{kind.value}.confirm", hold_id=kept.id)


def confirm_hold(kind: ServiceKind, title: str, kept: Hold) -> Response:
    """Show what is held, and book it."""
    if kept.booking_id is not None:
        return see_other("appointments.show", appointment_id=booked_from(kept).id)
    form = filled(ConfirmForm)
    now = clock.now()
    if form.validate_on_submit():
        try:
            booked = in_one_transaction(lambda: book_or_move(kept, form.reason.data or "", now))
        except DomainError as error:
            db.session.rollback()
            group = holding.group_of(kept)
            wishes = [Wish(one.child, one.service) for one in group]
            asked = asked_by(wishes, codes_kept(group), kept.moves, now=now)
            at = (kept.slot.centre_id, kept.slot.starts_at)
            return gone(error, wishes, at, kept.moves, title, asked, now=now)
        if kept.moves_id:
            flash(_("Your appointment is moved."))
        elif len(booked.booking.appointments) > 1:
            flash(
                _("Your %(count)s appointments are booked.", count=len(booked.booking.appointments))
            )
        else:
            flash(_("Your appointment is booked."))
        return see_other("appointments.show", appointment_id=booked.id)
    group = holding.group_of(kept)
    return render(
        "booking/confirm.html",
        partial="booking/_confirm.html",
        status=422 if form.errors else 200,
        hold=kept,
        group=group,
        needs=kept_with(group),
        form=form,
        kind=kind.value,
        title=title,
        is_over=kept.purpose is HoldFor.WAITLIST and bool(kept.ended_at or kept.expires_at <= now),
    )


def book_or_move(kept: Hold, reason: str, now: datetime) -> Appointment:
    """Turn the holds into appointments, or give their place to the one that moves."""
    group = holding.group_of(kept)
    wanted = [
        Wanted(one.child, one.service, slots_for(one.service, one.slot_id), reason=reason, hold=one)
        for one in group
    ]
    must_be_allowed(wanted, group, kept.moves, now=now)
    if kept.moves:
        return _move(kept, kept.moves, wanted[0], now)
    made = booking.book(wanted, by=me(), key=f"hold:{kept.id}", channel=Channel.ONLINE, now=now)
    for hold, appointment in zip(group, made.appointments, strict=True):
        if terms := OF_KIND.get(hold.service.kind):
            terms.book(hold, appointment, by=me(), now=now)
    return made.appointments[0]


def _move(kept: Hold, moving: Appointment, wanted: Wanted, now: datetime) -> Appointment:
    terms = OF_KIND.get(kept.service.kind)
    if terms:
        terms.book(kept, moving, by=me(), now=now)
    moved = booking.move(moving, wanted, by=me(), online=True, now=now)
    if terms:
        terms.moved(moved)
    return moved


def must_be_allowed(
    wanted: Sequence[Wanted], group: Sequence[Hold], moving: Appointment | None, *, now: datetime
) -> None:
    """What was kept must still be legal; an offer to who waited gets now what it needs beside its place.

    Who waited comes for what may be done on the day of the offer, or else with a question.
    Raises Refused, or what keeping raises.
    """
    if not any(one.service.kind in OF_KIND for one in wanted):
        return
    wishes = [Wish(one.child, one.service) for one in wanted]
    day = clock.clinic_day(wanted[0].starts_at)
    if group[0].purpose is HoldFor.WAITLIST:
        asked = Asked(wishes, {}, today=day, now=now)
        if asked.against(wishes, [], day):
            asked = Asked(wishes, {one.child.id: () for one in wishes}, today=day, now=now)
        asked.keep(group, by=me(), now=now)
    else:
        asked = asked_by(wishes, codes_kept(group), moving, now=now)
    for one in wanted:
        day = clock.clinic_day(one.starts_at)
        if found := asked.objections(one.child, one.service, day):
            raise Refused(found)


def asked_by(
    wishes: Sequence[Wish[Patient]],
    codes: Mapping[int, Collection[str]],
    moving: Appointment | None,
    *,
    now: datetime,
) -> Asked:
    """The terms of these wishes."""
    return Asked(wishes, codes, moving, today=clock.clinic_day(now), now=now)


def codes_kept(group: Sequence[Hold]) -> dict[int, list[str]]:
    """What is kept with a form's holds, by child; of an offer that was not looked at yet, nothing is said."""
    if group[0].purpose is not HoldFor.FORM:
        return {}
    lines = kept_with(group)
    codes: dict[int, list[str]] = {}
    for one in group:
        if one.service.kind in OF_KIND:
            codes.setdefault(one.child_id, []).extend(x.code for x in lines.get(one.id, ()))
    return codes


def booked_from(kept: Hold) -> Appointment:
    """What became of a confirmed hold."""
    assert kept.booking
    return next(one for one in kept.booking.appointments if one.child_id == kept.child_id)
