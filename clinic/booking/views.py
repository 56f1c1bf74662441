"""The pages, made once for each of the four services."""

from datetime import datetime

from flask import Blueprint, Response, abort, flash, request, session
from flask_babel import gettext as _

from clinic import clock
from clinic.accounts import limits
from clinic.accounts.access import allow, me
from clinic.accounts.models import Role
from clinic.booking.choosing import (
    Objections,
    age_objections,
    choose,
    clashes,
    number,
    pick,
)
from clinic.booking.forms import ConfirmForm
from clinic.booking.queries import get_appointment, get_hold
from clinic.centres.districts import all_districts
from clinic.centres.models import Service, ServiceKind
from clinic.centres.queries import centres_with, services_of
from clinic.db import db, in_one_transaction
from clinic.errors import DomainError
from clinic.families.models import Child
from clinic.families.queries import get_child, has_consented
from clinic.scheduling import booking, holding
from clinic.scheduling.models import Appointment, Channel, Hold, Slot
from clinic.scheduling.parts import PARTS
from clinic.scheduling.queries import Offer, child_times, nearest_offers, slots_for
from clinic.scheduling.wanted import Refused, SlotTaken, Wanted
from clinic.web import render, see_other, typed_before


def booking_pages(
    kind: ServiceKind, title: str, *, objections: Objections = age_objections
) -> Blueprint:
    """The blueprint of one service: choose, hold, confirm, release. `title` is a marked text."""
    bp = Blueprint(kind.value, f"clinic.{kind.value}.views", url_prefix=f"/{kind.value}")

    @bp.get("/", endpoint="choose")
    @allow(Role.PARENT)
    def choose_time() -> Response:
        chooser = choose(
            me(),
            kind,
            request.args,
            near=session.get("near"),
            objections=objections,
            now=clock.now(),
        )
        return render(
            "booking/choose.html",
            partial="booking/_chooser.html",
            chooser=chooser,
            kind=kind.value,
            title=title,
            parts=PARTS,
            districts=all_districts(),
            names={one.id: one for one in chooser.practitioners},
        )

    @bp.post("/holds", endpoint="hold")
    @allow(Role.PARENT)
    def hold() -> Response:
        if not has_consented(me()):
            flash(_("To book, please agree to the privacy notice and the rule for children."))
            return see_other("families.consents")
        try:
            limits.spend(limits.BOOKING, str(me().id), now=clock.now())
        finally:
            db.session.commit()
        return keep(kind, title, objections)

    @bp.route("/holds/<int:hold_id>", methods=["GET", "POST"], endpoint="confirm")
    @allow(Role.PARENT)
    def confirm(hold_id: int) -> Response:
        return confirm_hold(kind, title, objections, get_hold(me(), kind, hold_id))

    @bp.post("/holds/<int:hold_id>/release", endpoint="release")
    @allow(Role.PARENT)
    def release(hold_id: int) -> Response:
        kept = get_hold(me(), kind, hold_id)
        if kept.booking_id is None:
            holding.release(kept, now=clock.now())
            db.session.commit()
        return see_other(f"{kind.value}.choose")

    return bp


def keep(kind: ServiceKind, title: str, objections: Objections) -> Response:
    """Keep the chosen time for some minutes, then ask for the rest."""
    asked = {name: number(request.form, name) for name in ("child", "service", "slot", "move")}
    service = pick(services_of(kind), asked["service"]) or abort(404)
    child = get_child(me(), asked["child"] or 0)
    moving = get_appointment(me(), asked["move"]) if asked["move"] else None
    if moving and (moving.child_id, moving.service_id) != (child.id, service.id):
        abort(404)
    now = clock.now()

    def work() -> Hold:
        slots = slots_for(service, asked["slot"] or 0)
        if found := objections(child, service, clock.clinic_day(slots[0].starts_at)):
            raise Refused(found)
        if moving:
            booking.must_be_changeable(moving, online=True, now=now)
        return holding.hold(Wanted(child, service, slots), by=me(), now=now, moves=moving)

    try:
        kept = in_one_transaction(work)
    except DomainError as error:
        db.session.rollback()
        slot = db.session.get(Slot, asked["slot"] or 0) or abort(404)
        return gone(error, child, service, slot, moving, title, objections, now=now)
    return see_other(f"{kind.value}.confirm", hold_id=kept.id)


def confirm_hold(kind: ServiceKind, title: str, objections: Objections, kept: Hold) -> Response:
    """Show what is held, and book it."""
    if kept.booking_id is not None:
        return see_other("appointments.show", appointment_id=booked_from(kept).id)
    form = ConfirmForm(typed_before()) if request.method == "GET" else ConfirmForm()
    now = clock.now()
    if form.validate_on_submit():
        try:
            booked = in_one_transaction(lambda: book_or_move(kept, form.reason.data or "", now))
        except DomainError as error:
            db.session.rollback()
            return gone(
                error,
                kept.child,
                kept.service,
                kept.slot,
                kept.moves,
                title,
                objections,
                now=now,
            )
        flash(
            _("Your appointment is moved.") if kept.moves_id else _("Your appointment is booked.")
        )
        return see_other("appointments.show", appointment_id=booked.id)
    return render(
        "booking/confirm.html",
        partial="booking/_confirm.html",
        status=422 if form.errors else 200,
        hold=kept,
        form=form,
        kind=kind.value,
        title=title,
    )


def book_or_move(kept: Hold, reason: str, now: datetime) -> Appointment:
    """Turn the hold into an appointment, or give its place to the one that moves."""
    slots = slots_for(kept.service, kept.slot_id)
    wanted = Wanted(kept.child, kept.service, slots, reason=reason, hold=kept)
    if kept.moves:
        return booking.move(kept.moves, wanted, by=me(), online=True, now=now)
    made = booking.book([wanted], by=me(), key=f"hold:{kept.id}", channel=Channel.ONLINE, now=now)
    return made.appointments[0]


def booked_from(kept: Hold) -> Appointment:
    """What became of a confirmed hold."""
    assert kept.booking
    return next(one for one in kept.booking.appointments if one.child_id == kept.child_id)


def gone(
    error: DomainError,
    child: Child,
    service: Service,
    slot: Slot,
    moving: Appointment | None,
    title: str,
    objections: Objections,
    *,
    now: datetime,
) -> Response:
    """Say why not, and offer the nearest times that do work, at the same centre first."""
    centres = {one.id: one for one in centres_with(service)}
    busy = child_times(child.id, except_for=[moving.id] if moving else ())

    def nearest(centre_ids: list[int]) -> list[Offer]:
        found = nearest_offers(service, centre_ids, slot.starts_at, now=now, limit=12)
        return [
            one
            for one in found
            if not clashes(one, busy)
            and not objections(child, service, clock.clinic_day(one.starts_at))
        ][:4]

    return render(
        "booking/gone.html",
        status=409 if isinstance(error, SlotTaken) else 422,
        error=error,
        child=child,
        service=service,
        moving=moving,
        offers=nearest([slot.centre_id]) or nearest(list(centres)),
        centres=centres,
        kind=service.kind.value,
        title=title,
    )
