"""What else retiring something concerns, beside the visits that lose their time. Read only."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Select, func, select

from clinic.centres.models import CentreService, Practitioner, PractitionerService, Service
from clinic.centres.retired import is_in_use
from clinic.clock import day_bounds
from clinic.db import db
from clinic.scheduling.changes.applying import Preview
from clinic.scheduling.changes.leaves import LeaveRequest, waits_for_an_answer
from clinic.scheduling.changes.retiring import Retirable, centres_with, service_of
from clinic.scheduling.models import ClinicSession, Slot, WaitlistCentre, WaitlistEntry


@dataclass(frozen=True)
class Affected:
    """How much of what is planned it concerns, and what nobody gives any more without it."""

    sessions: int
    courses: int  # bookings of several visits, of which some lose their time
    waiting: int  # families on the waitlist who want its service there
    leave_asked: int
    last_of: tuple[Service, ...]  # it is the last clinician who gives these at the centre


def affected(what: Retirable, day: date, shown: Preview) -> Affected:
    """What it concerns from that day on. Five queries at most."""
    slot_ids = [*shown.slots, *shown.only]
    sessions = (
        select(func.count(ClinicSession.id.distinct())).join(Slot).where(Slot.id.in_(slot_ids))
    )
    bookings = [appointment.booking_id for appointment in shown.displaced]
    return Affected(
        sessions=_number(sessions) if slot_ids else 0,
        courses=len({number for number in bookings if bookings.count(number) > 1}),
        waiting=_number(_waiting(what)),
        leave_asked=_number(_leave_asked(what, day)) if isinstance(what, Practitioner) else 0,
        last_of=tuple(db.session.scalars(_last_of(what, day)))
        if isinstance(what, Practitioner)
        else (),
    )


def _number(query: Select[Any]) -> int:
    return db.session.scalar(query) or 0


def _waiting(what: Retirable) -> Select[Any]:
    """The families that wait for what is given there."""
    entries = (
        select(func.count(WaitlistEntry.id.distinct()))
        .join(WaitlistCentre, WaitlistCentre.entry_id == WaitlistEntry.id)
        .where(WaitlistEntry.ended_at.is_(None), WaitlistCentre.centre_id.in_(centres_with(what)))
    )
    if (number := service_of(what)) is not None:
        return entries.where(WaitlistEntry.service_id == number)
    if isinstance(what, Practitioner):
        given = select(PractitionerService.service_id).where(
            PractitionerService.practitioner_id == what.id
        )
        return entries.where(WaitlistEntry.service_id.in_(given))
    return entries


def _leave_asked(who: Practitioner, day: date) -> Select[Any]:
    return select(func.count(LeaveRequest.id)).where(
        LeaveRequest.practitioner_id == who.id,
        LeaveRequest.ends_at > day_bounds(day)[0],
        *waits_for_an_answer(),
    )


def _last_of(who: Practitioner, day: date) -> Select[Any]:
    """The services of the centre that nobody else there gives on that day."""
    colleagues = (
        select(PractitionerService.service_id)
        .join(Practitioner, Practitioner.id == PractitionerService.practitioner_id)
        .where(
            Practitioner.centre_id == who.centre_id,
            Practitioner.id != who.id,
            is_in_use(Practitioner, day),
        )
    )
    return (
        select(Service)
        .join(PractitionerService, PractitionerService.service_id == Service.id)
        .join(CentreService, CentreService.service_id == Service.id)
        .where(
            PractitionerService.practitioner_id == who.id,
            CentreService.centre_id == who.centre_id,
            is_in_use(Service, day),
            is_in_use(CentreService, day),
            Service.id.not_in(colleagues),
        )
        .order_by(Service.id)
    )
