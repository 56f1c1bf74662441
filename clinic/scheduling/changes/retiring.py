"""Retiring a clinician, a room, a service, what a centre offers, or a centre, from a day on.

From that day on nothing of it is offered, planned, held or booked; what is past keeps its name.
It is a change of hours like a closure: previewed, then done as it was shown. Until that day is
past it can be taken back. Verbs flush; the caller commits.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, not_, or_, select

from clinic import audit
from clinic.accounts.models import Person
from clinic.centres.models import Centre, CentreService, Practitioner, Room, Service
from clinic.clock import clinic_day, day_bounds
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.changes.change import HoursChange, Shuts
from clinic.scheduling.changes.reopening import Reopened, lift_closings
from clinic.scheduling.models import ClinicSession, ClosedFor, Slot, SlotService
from clinic.scheduling.timetable.closings import ClosingReason, SlotClosing
from clinic.scheduling.timetable.opening import one_at_a_time
from clinic.sentences import mark

Retirable = Centre | Room | Practitioner | Service | CentreService
RETIRABLE: tuple[Any, ...] = (Centre, Room, Practitioner, Service, CentreService)
WHY = {
    Centre: ClosedFor.RETIRED_CENTRE,
    Room: ClosedFor.RETIRED_ROOM,
    Practitioner: ClosedFor.RETIRED_PRACTITIONER,
    Service: ClosedFor.RETIRED_SERVICE,
    CentreService: ClosedFor.RETIRED_SERVICE,
}


class RetiresTooSoon(DomainError):
    message = mark("Choose a day from tomorrow on. For today, close these hours or enter leave.")


class IsRetired(DomainError):
    message = mark("This is retired from %(day)s already. Take that back first.")


class RetiredForGood(DomainError):
    message = mark("It has been retired since %(day)s. That day is past, so it stays as it is.")


@dataclass(frozen=True)
class Retire(Shuts):
    """Nothing of it is offered, planned or booked from `day` on, which is after `today`."""

    what: Retirable
    day: date
    today: date
    action = HoursChange.RETIRE

    @property
    def why(self) -> ClosedFor:  # type: ignore[override]
        return WHY[type(self.what)]

    @property
    def service_id(self) -> int | None:  # type: ignore[override]
        return service_of(self.what)

    @property
    def centre_id(self) -> int | None:
        """The centre whose it is; None for a service, which every centre loses."""
        if isinstance(self.what, Centre):
            return self.what.id
        return None if isinstance(self.what, Service) else self.what.centre_id

    @property
    def centre_ids(self) -> list[int]:
        return centres_with(self.what)

    def check(self) -> None:
        if self.what.retired_on is not None:
            raise IsRetired(day=self.what.retired_on)
        if self.day <= self.today:
            raise RetiresTooSoon

    def shuts(self) -> ColumnElement[bool]:
        return and_(slots_with(self.what), Slot.starts_at >= day_bounds(self.day)[0])

    def record(self, *, by: Person, now: datetime) -> object:
        self.what.retired_on = self.day
        return self.what

    def source(self, row: object) -> ClosingReason:
        return ClosingReason(self.why, service_id=self.service_id)

    def told(self) -> Mapping[str, object]:
        return {"day": self.day.isoformat(), "service": self.service_id}


def service_of(what: Retirable) -> int | None:
    """The service that slots lose by it, if it is one."""
    if isinstance(what, CentreService):
        return what.service_id
    return what.id if isinstance(what, Service) else None


def centres_with(what: Retirable) -> list[int]:
    """The centres whose hours change when it is retired."""
    if isinstance(what, Centre):
        return [what.id]
    if isinstance(what, Service):
        offering = select(CentreService.centre_id).where(CentreService.service_id == what.id)
        return list(db.session.scalars(offering.order_by(CentreService.centre_id)))
    return [what.centre_id]


def slots_with(what: Retirable) -> ColumnElement[bool]:
    """The slots that need it, by what `Slot` and `ClinicSession` say."""
    if isinstance(what, Practitioner):
        return Slot.practitioner_id == what.id
    if isinstance(what, Room):
        return ClinicSession.room_id == what.id
    if isinstance(what, Centre):
        return ClinicSession.centre_id == what.id
    given = select(SlotService.slot_id).where(SlotService.service_id == service_of(what))
    at_centre = ClinicSession.centre_id.in_(centres_with(what))
    return and_(Slot.id.in_(given.where(SlotService.centre_id.in_(centres_with(what)))), at_centre)


def is_open(what: Retirable) -> ColumnElement[bool]:
    """Whether a slot that needs it can be booked for it."""
    if (number := service_of(what)) is None:
        return Slot.closed_at.is_(None)
    given = select(SlotService.slot_id).where(
        SlotService.slot_id == Slot.id, SlotService.service_id == number
    )
    return given.where(SlotService.closed.is_(False)).exists()


def take_back(what: Retirable, *, by: Person, now: datetime) -> Reopened:
    """It stays in use: its slots open again, and displaced appointments return.

    What else shuts them stays. Raises RetiredForGood when the day is past. The worker opens the
    days of the rota that were left out.
    """
    one_at_a_time(centres_with(what))
    db.session.refresh(what)
    if what.retired_on is None:
        return Reopened(0, ())
    if what.retired_on < clinic_day(now):
        raise RetiredForGood(day=what.retired_on)
    scope = and_(slots_with(what), Slot.starts_at >= day_bounds(what.retired_on)[0])
    change = Retire(what, what.retired_on, clinic_day(now))
    what.retired_on = None
    db.session.flush()
    subject = what if hasattr(what, "id") else db.session.get_one(Centre, change.centre_ids[0])
    audit.record(
        "take_back_retirement",
        subject,
        by=by.id,
        now=now,
        centre_id=change.centre_id,
        service=change.service_id,
    )
    which = and_(
        scope,
        SlotClosing.reason == change.why,
        SlotClosing.service_id.is_not_distinct_from(change.service_id),
        not_(_retired_otherwise(what)),
    )
    return lift_closings(which, scope, by=by, now=now)


def _retired_otherwise(what: Retirable) -> ColumnElement[bool]:
    """The slots for which the service stays retired: at their centre alone, or at every one."""
    number = service_of(what)
    if number is None:
        return Slot.id.is_(None)
    days: list[tuple[date | None, list[int]]] = []
    if isinstance(what, CentreService):
        days = [(db.session.get_one(Service, number).retired_on, [what.centre_id])]
    else:
        rows = select(CentreService).where(CentreService.service_id == number)
        days = [(row.retired_on, [row.centre_id]) for row in db.session.scalars(rows)]
    return or_(
        Slot.id.is_(None),
        *(
            and_(ClinicSession.centre_id.in_(ids), Slot.starts_at >= day_bounds(day)[0])
            for day, ids in days
            if day is not None
        ),
    )
