"""Booking what comes next, from the page of a visit: for the family, by who sees the child.

The same part serves two pages: the visit's, where HTMX fills it and a note that is being written
stays as it is, and one of its own for browsers without scripts.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from flask import Response, flash, request
from flask_babel import gettext as _

from clinic import audit, clock
from clinic.accounts.access import allow, me
from clinic.accounts.rights import Deed
from clinic.booking import on_behalf
from clinic.booking.in_the_way import in_the_way
from clinic.booking.nothing_free import why_nothing_is_free
from clinic.booking.reading import MOST_NEEDS
from clinic.booking.requirements import requirements_of
from clinic.calendar.blueprint import bp
from clinic.calendar.queries import appointments_ahead, get_own
from clinic.care.gather import plans_of
from clinic.centres.models import Service
from clinic.centres.queries import offered_at
from clinic.clock import clinic_day
from clinic.db import in_one_transaction
from clinic.errors import DomainError
from clinic.i18n import say
from clinic.outside import a_day, a_number, a_word, id_of
from clinic.scheduling.models import Appointment
from clinic.scheduling.references import spoken
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.requirements import NO_CODES, PurposeChoice
from clinic.scheduling.verdict.rules import Objection
from clinic.scheduling.verdict.slot_times import SlotTime
from clinic.scheduling.verdict.verdict import verdict_of_day
from clinic.services.due import DueItem
from clinic.web import is_htmx, render, see_other

DAYS_OF = {"days": 1, "weeks": 7}
USUAL = (2, "weeks")  # so far ahead, if nobody says
FURTHEST = 400  # days
LOOKED_AT = 21  # days, for the next ones that have something


@dataclass(frozen=True)
class FollowUp:
    """What is asked for, and what there is of it."""

    service: Service
    day: date
    number: int
    unit: str
    services: Sequence[Service]
    lines: Sequence[PurposeChoice] = ()
    codes: Sequence[str] | None = None
    mine: Sequence[SlotTime] = ()
    others: Sequence[SlotTime] = ()
    next_days: Sequence[tuple[date, bool]] = ()  # with times; whether some are this clinician's
    names: dict[int, str] = field(default_factory=dict)
    objection: Objection | None = None
    why: Objection | None = None  # nothing is free that day


@bp.route("/appointments/<id:appointment_id>/follow-up", methods=["GET", "POST"])
@allow(Deed.SEE_CASES)
def follow_up(appointment_id: int) -> Response:
    """The free times for what is asked for; a POST books one of them for the family."""
    appointment, now = get_own(me(), appointment_id), clock.now()
    if request.method == "GET":
        return _page(appointment, now)
    slot, key = id_of(request.form, "slot"), a_word(request.form.get("key"))
    if not slot or not 8 <= len(key) <= 40:
        return _page(appointment, now, refusal=_("Choose a time."))
    service = _asked_service(appointment, services_at(appointment))
    try:
        made = in_one_transaction(lambda: _book(appointment, service, slot, key, now))
    except DomainError as error:
        appointment = get_own(me(), appointment_id)
        busy = _in_the_way(appointment, service, slot, error)
        return _page(appointment, now, refusal=say(error), busy=busy)
    if is_htmx():
        return _page(appointment, now, made=made)
    flash(_("The next visit is booked. Reference: %(reference)s", reference=reference_of(made)))
    return see_other("calendar.appointment", appointment_id=appointment.id)


def reference_of(appointment: Appointment) -> str:
    """The reference as it is said to the family."""
    return spoken(appointment.booking.reference)


def services_at(appointment: Appointment) -> list[Service]:
    """What the visit's centre gives today, the visit's own service first."""
    offered = offered_at(appointment.centre_id, clinic_day(clock.now()))
    return sorted(offered, key=lambda service: service.id != appointment.service_id)


def service_for(kind: str, services: Sequence[Service]) -> Service | None:
    """The first of these services that is of that kind."""
    return next((service for service in services if service.kind == kind), None)


def also_due(
    appointment: Appointment, services: Sequence[Service], now: datetime
) -> list[tuple[DueItem, Service | None]]:
    """What is due for the child, booked or not, and which of the services it is booked with."""
    due = plans_of([appointment.child], clinic_day(now))[appointment.child_id].now
    return [(due_item, service_for(due_item.kind, services)) for due_item in due]


def chooser_of(appointment: Appointment, now: datetime) -> FollowUp:
    """What the visit's page asks before anything is looked for."""
    number, unit = USUAL
    day = clinic_day(now) + timedelta(days=number * DAYS_OF[unit])
    return FollowUp(appointment.service, day, number, unit, services_at(appointment))


def shown(
    appointment: Appointment,
    found: FollowUp,
    *,
    searched: bool = False,
    refusal: str = "",
    busy: Sequence[Appointment] = (),
    made: Appointment | None = None,
) -> dict[str, Any]:
    """What the part needs; before anything is looked for it only asks.

    `busy` are the child's visits that stood in the way of the time that was chosen.
    """
    return {
        "appointment": appointment,
        "next": found,
        "searched": searched,
        "made": made,
        "not_booked": refusal,
        "in_the_way": busy,
        "reference_of": reference_of,
        "key": secrets.token_urlsafe(12),
    }


def _page(
    appointment: Appointment,
    now: datetime,
    *,
    refusal: str = "",
    busy: Sequence[Appointment] = (),
    made: Appointment | None = None,
) -> Response:
    audit.note_read(appointment.child_id, appointment.centre_id)
    found = chooser_of(appointment, now) if made else _found(appointment, now)
    return render(
        "calendar/follow_up.html",
        partial="calendar/_follow_up.html",
        status=422 if refusal else 200,
        **shown(appointment, found, searched=made is None, refusal=refusal, busy=busy, made=made),
        **(beside(appointment, found.services, now) if made else {}),
    )


def beside(appointment: Appointment, services: Sequence[Service], now: datetime) -> dict[str, Any]:
    """What stands beside the part and changes with a booking: what is due, what is booked."""
    return {
        "also_due": also_due(appointment, services, now),
        "ahead": appointments_ahead(appointment, now),
    }


def _found(appointment: Appointment, now: datetime) -> FollowUp:
    """The lines, the times of the day, and the next days that have some."""
    services = services_at(appointment)
    service, (day, number, unit) = _asked_service(appointment, services), _asked_day(now)
    codes = _asked_codes()
    wanted = Request(appointment.child, service)
    said = NO_CODES if codes is None else {appointment.child_id: codes}
    required = requirements_of([wanted], said, today=day, now=now)
    objections = verdict_of_day([wanted], required, [appointment.centre_id], day)
    free = on_behalf.free_times(service, appointment.centre, day, now, days=LOOKED_AT)
    on_day = [
        slot_time for slot_time in free if clinic_day(slot_time.starts_at) == day and not objections
    ]
    mine = appointment.practitioner_id
    return FollowUp(
        service,
        day,
        number,
        unit,
        services,
        lines=required.purposes(appointment.child_id),
        codes=codes,
        mine=[slot_time for slot_time in on_day if slot_time.practitioner_id == mine],
        others=[slot_time for slot_time in on_day if slot_time.practitioner_id != mine],
        next_days=_next_days(free, day, mine),
        names=on_behalf.names_of(service),
        objection=objections[0] if objections else None,
        why=None
        if on_day or objections
        else why_nothing_is_free(service, appointment.centre, day, now),
    )


def _next_days(free: Sequence[SlotTime], day: date, mine: int) -> list[tuple[date, bool]]:
    """The next two days with times, and the first two of this clinician's own."""
    days = {clinic_day(slot_time.starts_at): False for slot_time in free}
    days |= {
        clinic_day(slot_time.starts_at): True
        for slot_time in free
        if slot_time.practitioner_id == mine
    }
    later = [one for one in sorted(days) if one > day]
    chosen = {*later[:2], *[day for day in later if days[day]][:2]}
    return [(day, days[day]) for day in sorted(chosen)]


def _book(
    appointment: Appointment, service: Service, slot_id: int, key: str, now: datetime
) -> Appointment:
    return on_behalf.book_for(
        appointment.child,
        service,
        on_behalf.slots_here(service, appointment.centre, slot_id),
        codes=_asked_codes(),
        by=me(),
        key=f"next:{appointment.id}:{key}",
        now=now,
    )


def _in_the_way(
    appointment: Appointment, service: Service, slot_id: int, error: DomainError
) -> list[Appointment]:
    """What the child has at the time that was chosen, here or at another centre."""
    try:
        slots = on_behalf.slots_here(service, appointment.centre, slot_id)
    except DomainError:
        return []
    begins = slots[0].starts_at
    return in_the_way(error, {appointment.child_id}, begins, slots[-1].ends_at - begins)


def _asked_service(appointment: Appointment, services: Sequence[Service]) -> Service:
    """The service asked for, of those of the centre; else the visit's."""
    wanted = id_of(request.values, "service")
    return next((service for service in services if service.id == wanted), appointment.service)


def _asked_day(now: datetime) -> tuple[date, int, str]:
    """The day, and the number and unit that the form shows; a day of its own goes before a span."""
    today = clinic_day(now)
    unit = request.values.get("unit", "")
    unit = unit if unit in DAYS_OF else USUAL[1]
    number = a_number(request.values.get("number"))
    number = min(USUAL[0] if number is None else max(number, 0), FURTHEST // DAYS_OF[unit])
    day = today + timedelta(days=number * DAYS_OF[unit])
    if request.values.get("by") != "span":
        day = a_day(request.values.get("day")) or day
    return min(max(day, today), today + timedelta(days=FURTHEST)), number, unit


def _asked_codes() -> list[str] | None:
    """What the visit is for, where its service asks; None if nobody said.

    A form with boxes says an empty one too, for none ticked.
    """
    if "need" not in request.values:
        return None
    return [one for one in map(a_word, request.values.getlist("need")[:MOST_NEEDS]) if one]
