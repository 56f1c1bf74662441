"""What a kind of service requires of a visit beyond its place: each service room may say it.

Vaccination, for example: which doses, whether they are legal that day, whether the centre has them.
The scheduler asks at fixed moments and knows no more of it. A kind says it by `requirements` of
its `ServiceRoom`; `clinic.booking.requirements` makes these.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Protocol

from clinic.accounts.models import Person
from clinic.db import db
from clinic.scheduling.models import Appointment, HoldFor
from clinic.scheduling.verdict.request import Held, Request
from clinic.scheduling.verdict.rules import Objection

Codes = Mapping[int, Collection[str]]  # of purposes, by child
NO_CODES: Codes = MappingProxyType({})


@dataclass(frozen=True)
class PurposeChoice:
    """Something that a visit can be for: a box to tick. `first` is the day from which it may be, if asked."""

    code: str
    name_zh: str
    name_en: str
    first: date | None
    is_chosen: bool


@dataclass(frozen=True)
class Note:
    """Something to know before a time is chosen, and where it leads: an endpoint of the site.

    A warning is about what should be done first. `day`, if one is told, is said with the moment at
    which its times open.
    """

    message: str
    params: Mapping[str, object]
    label: str
    endpoint: str
    values: Mapping[str, object]
    is_warning: bool = False
    day: date | None = None


class Requirements(Protocol):
    """What one kind of service requires of the visits of these children. The verbs stand in the order of a life.

    `codes` are those of the purposes that are asked for, by child; a child that is not in it comes
    for what is usual. `moving` is the appointment that is to move, if one is.
    """

    def __init__(
        self,
        child_ids: Sequence[int],
        codes: Codes,
        moving: Appointment | None,
        today: date,
        now: datetime,
    ) -> None: ...

    @property
    def made_of(self) -> object:
        """What decides everything that it says: its `repr` is the same while that is."""

    def purposes(self, child_id: int) -> Sequence[PurposeChoice]:
        """What the child's visit can be for."""

    def notes(self, child_id: int) -> Sequence[Note]:
        """What to know before times are looked for."""

    def objections(self, child_id: int, day: date) -> list[Objection]:
        """What stands against a visit on that day, at whatever centre."""

    def lacks(self, centre_id: int, day: date) -> Objection | None:
        """What that centre does not have for all these children on that day."""

    def reserve(self, hold: Held, *, by: Person, now: datetime, is_new: bool) -> None:
        """The places are held: set aside what else the visit needs. Raises DomainError.

        With a hold that is new nothing else is set aside yet.
        """

    def leave(self, appointment: Appointment, centre_id: int, *, now: datetime) -> None:
        """The appointment is about to move to that centre from another: release what it has there.

        `assign` follows, and gives it what it needs at its new centre.
        """

    def assign(
        self, appointment: Appointment, from_hold: Held | None = None, *, by: Person, now: datetime
    ) -> None:
        """The appointment stands, new or at its new time: give it what it needs. Raises DomainError.

        What was reserved with `from_hold` is its own now; without a hold it is reserved here.
        """

    @staticmethod
    def reserved_with(hold_ids: Collection[int]) -> Mapping[int, Sequence[PurposeChoice]]:
        """What is set aside with these holds, by hold. A hold of which nothing is said comes with a question."""


class RequirementsByKind:
    """What is required for all that is asked for at once, by the kinds of service in it."""

    def __init__(
        self, by_kind: Mapping[str, Requirements] | None = None, codes: Codes = NO_CODES
    ) -> None:
        self.by_kind = by_kind or {}
        self.codes = codes
        self._lacking: dict[tuple[int, date], Objection | None] = {}

    @property
    def made_of(self) -> object:
        """What decides what it says."""
        return [required.made_of for required in self.by_kind.values()]

    def purposes(self, child_id: int) -> list[PurposeChoice]:
        """What this child's visits can be for."""
        return [line for required in self.by_kind.values() for line in required.purposes(child_id)]

    def notes(self, child_id: int) -> list[Note]:
        """What to know of this child before times are looked for."""
        return [note for required in self.by_kind.values() for note in required.notes(child_id)]

    def objections(self, request: Request, day: date) -> list[Objection]:
        """What stands against the visit on that day, at whatever centre."""
        required = self.by_kind.get(request.service.kind)
        return required.objections(request.child.id, day) if required else []

    def lacks(self, centre_id: int, day: date) -> Objection | None:
        """The first thing that the centre does not have that day."""
        if (centre_id, day) not in self._lacking:
            missing = (required.lacks(centre_id, day) for required in self.by_kind.values())
            self._lacking[centre_id, day] = next(
                (objection for objection in missing if objection), None
            )
        return self._lacking[centre_id, day]

    def reserve(
        self,
        requests: Sequence[Request],
        holds: Sequence[Held],
        *,
        by: Person,
        now: datetime,
        is_new: bool,
    ) -> None:
        """Set aside what these holds need beside their places. Raises DomainError."""
        if not self.by_kind:
            return
        for request, hold in zip(requests, holds, strict=True):
            if required := self.by_kind.get(request.service.kind):
                required.reserve(hold, by=by, now=now, is_new=is_new)

    def leave(self, request: Request, appointment: Appointment, *, now: datetime) -> None:
        """Release what the appointment has at its centre, if the time asked for is at another."""
        required = self.by_kind.get(request.service.kind)
        if required and appointment.centre_id != request.centre_id:
            required.leave(appointment, request.centre_id, now=now)

    def assign(self, request: Request, appointment_id: int, *, by: Person, now: datetime) -> None:
        """Give the appointment that stands what it needs. Raises DomainError.

        Only a form's hold reserves anything: an offer to a family that waits, or whose hours were
        changed, holds places alone.
        """
        required, hold = self.by_kind.get(request.service.kind), request.hold
        if required is None:
            return
        from_hold = hold if hold and hold.purpose is HoldFor.FORM else None
        if from_hold and not self.codes.get(request.child.id, True):
            return  # it comes with a question: nothing was reserved
        appointment = db.session.get_one(Appointment, appointment_id)
        required.assign(appointment, from_hold, by=by, now=now)


NOTHING_REQUIRED = RequirementsByKind()
