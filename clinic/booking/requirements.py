"""What the kinds of service require of visits, for those who book them: which kinds, and for what they come."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.models import Appointment
from clinic.scheduling.verdict.request import Request
from clinic.scheduling.verdict.requirements import (
    NO_CODES,
    NOTHING_REQUIRED,
    Codes,
    PurposeChoice,
    RequirementsByKind,
)
from clinic.scheduling.verdict.verdict import verdict_of_day
from clinic.services.room import room_of


def requires(service: Service) -> bool:
    """Whether visits for this service need anything beyond their place."""
    return room_of(service.kind).requirements is not None


def requirements_of(
    requests: Sequence[Request],
    codes: Codes = NO_CODES,
    moving: Appointment | None = None,
    *,
    today: date | None = None,
    now: datetime,
) -> RequirementsByKind:
    """What is required for these; `codes` are what they come for, by child, as far as that is said.

    `today` is the day from which it is looked at: staff look from the day of the visit.
    """
    by_kind: dict[str, list[int]] = {}
    for request in requests:
        children = by_kind.setdefault(request.service.kind, [])
        if request.child.id not in children:
            children.append(request.child.id)
    required = {
        kind: asks(children, codes, moving, today or clinic_day(now), now)
        for kind, children in by_kind.items()
        if (asks := room_of(kind).requirements)
    }
    return RequirementsByKind(required, codes) if required or codes else NOTHING_REQUIRED


def said_or_usual(
    requests: Sequence[Request], codes: Codes, day: date, *, now: datetime
) -> RequirementsByKind:
    """For a visit on that day of which it may not be said what it is for.

    What is said; else what is usual, if it may be done on that day; else nothing yet: the visit
    comes with a question.
    """
    required = requirements_of(requests, codes, today=day, now=now)
    if not codes and verdict_of_day(requests, required, (), day):
        open_question = {request.child.id: () for request in requests}
        return requirements_of(requests, open_question, today=day, now=now)
    return required


def move_to(appointment: Appointment, request: Request, *, now: datetime) -> Move:
    """The move of an appointment to the time of the request, with what it is for already."""
    day = clinic_day(request.starts_at)
    required = requirements_of([request], moving=appointment, today=day, now=now)
    return Move(appointment, request, required)


def reserved_with(holds: Mapping[int, str]) -> dict[int, Sequence[PurposeChoice]]:
    """What is reserved with these holds, by hold: as many queries as kinds of service that reserve anything."""
    found: dict[int, Sequence[PurposeChoice]] = dict.fromkeys(holds, ())
    for kind in sorted(set(holds.values())):
        if required := room_of(kind).requirements:
            found |= required.reserved_with([hold for hold in holds if holds[hold] == kind])
    return found
