"""Turning what is held into appointments, or into the new time of one."""

from collections.abc import Sequence
from datetime import datetime

from clinic.accounts.models import Person
from clinic.booking.other_part import CANCELLED, Other, cancel_with, lock_both, moves_of
from clinic.booking.requirements import requirements_of, requires, reserved_with, said_or_usual
from clinic.clock import clinic_day
from clinic.db import db
from clinic.scheduling.appointments import booking, moving
from clinic.scheduling.models import Appointment, Channel, HoldFor
from clinic.scheduling.verdict.request import Held, Request
from clinic.scheduling.verdict.requirements import (
    NO_CODES,
    NOTHING_REQUIRED,
    Codes,
    RequirementsByKind,
)


def confirm(
    requests: Sequence[Request],
    other: Other | None = None,
    choice: str = "",
    ticked: Codes = NO_CODES,
    *,
    by: Person,
    now: datetime,
) -> list[int]:
    """The ids of the appointments that these holds became, or of the one that moved into them.

    `choice` is what becomes of the `other` part of a visit that is moved; `ticked` what an offer to
    who waited is for, by child. Raises as `booking.book` and `moving.move` do.
    """
    lead = hold_of(requests[0])
    if lead.moves_id is None:
        made = booking.book(
            requests,
            _required(requests, ticked, now=now),
            by=by,
            key=f"hold:{lead.id}",
            channel=Channel.ONLINE,
            now=now,
        )
        return made.appointment_ids
    appointment = db.session.get_one(Appointment, lead.moves_id)
    if other:
        lock_both(appointment, other, requests[0])
    moves = moves_of(appointment, requests[0], other, choice, now=now)
    moving.move(moves, by=by, online=True, now=now)
    if other and choice == CANCELLED:
        cancel_with(other, by=by, online=True, now=now)
    return [appointment.id]


def _required(requests: Sequence[Request], ticked: Codes, *, now: datetime) -> RequirementsByKind:
    """What an offer is taken for is said now; what a form is for was reserved with its holds."""
    if not any(requires(each.service) for each in requests):
        return NOTHING_REQUIRED
    if hold_of(requests[0]).purpose is HoldFor.WAITLIST:
        return said_or_usual(requests, ticked, clinic_day(requests[0].starts_at), now=now)
    return requirements_of(requests, codes_reserved(requests), now=now)


def codes_reserved(requests: Sequence[Request]) -> dict[int, list[str]]:
    """What is reserved with a form's holds, by child; of an offer that was not looked at yet, nothing is said."""
    if hold_of(requests[0]).purpose is not HoldFor.FORM:
        return {}
    reserved = reserved_with({hold_of(each).id: each.service.kind for each in requests})
    codes: dict[int, list[str]] = {}
    for each in requests:
        if requires(each.service):
            theirs = [purpose.code for purpose in reserved[hold_of(each).id]]
            codes.setdefault(each.child.id, []).extend(theirs)
    return codes


def hold_of(request: Request) -> Held:
    """The hold that is confirmed."""
    assert request.hold
    return request.hold
