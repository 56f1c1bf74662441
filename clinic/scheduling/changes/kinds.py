"""What may happen to hours: a closure, a leave, other hours of a session, a rule that ends, another timetable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ColumnElement, and_, false, literal, not_, select

from clinic.accounts.models import Person
from clinic.centres.models import AdjustedDay, Centre, Closure, Leave, Practitioner, Room
from clinic.clock import at, clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.changes.change import HoursChange, Shuts, slots_within
from clinic.scheduling.models import (
    ClinicSession,
    ClosedFor,
    RotaRule,
    Slot,
)
from clinic.scheduling.timetable.closings import ClosingReason, SlotClosing
from clinic.scheduling.timetable.opening import EndsBeforeItBegins, NoPlaces
from clinic.scheduling.timetable.weekly import applies
from clinic.sentences import mark


class EndsLater(DomainError):
    message = mark("A rule can only end earlier than it does. Please add another rule.")


@dataclass(frozen=True)
class Close(Shuts):
    """Shut a centre, or one of its rooms. Families read the reason."""

    centre: Centre
    starts_at: datetime
    ends_at: datetime
    reason_zh: str
    reason_en: str
    room: Room | None = None
    why = ClosedFor.CLOSURE
    action = HoursChange.CLOSE

    @property
    def centre_id(self) -> int:
        return self.centre.id

    def check(self) -> None:
        _must_last(self.starts_at, self.ends_at)

    def shuts(self) -> ColumnElement[bool]:
        return slots_within(
            self.starts_at,
            self.ends_at,
            centre_id=self.centre.id,
            room_id=self.room.id if self.room else None,
        )

    def source(self, row: Any) -> ClosingReason:
        return ClosingReason(self.why, closure_id=row.id)

    def record(self, *, by: Person, now: datetime) -> object:
        return Closure(
            centre_id=self.centre.id,
            room_id=self.room.id if self.room else None,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            reason_zh=self.reason_zh,
            reason_en=self.reason_en,
            made_at=now,
            made_by_id=by.id,
        )


@dataclass(frozen=True)
class Away(Shuts):
    """A practitioner's leave, for days or for hours."""

    practitioner: Practitioner
    starts_at: datetime
    ends_at: datetime
    reason: str = ""
    why = ClosedFor.LEAVE
    action = HoursChange.AWAY

    @property
    def centre_id(self) -> int:
        return self.practitioner.centre_id

    def check(self) -> None:
        _must_last(self.starts_at, self.ends_at)

    def shuts(self) -> ColumnElement[bool]:
        return slots_within(self.starts_at, self.ends_at, practitioner_id=self.practitioner.id)

    def source(self, row: Any) -> ClosingReason:
        return ClosingReason(self.why, leave_id=row.id)

    def record(self, *, by: Person, now: datetime) -> object:
        return Leave(
            centre_id=self.practitioner.centre_id,
            practitioner_id=self.practitioner.id,
            starts_at=self.starts_at,
            ends_at=self.ends_at,
            reason=self.reason,
            made_at=now,
            made_by_id=by.id,
        )


@dataclass(frozen=True)
class NewHours(Shuts):
    """A session has the slots within these hours, with so many places each.

    Hours without a slot withdraw it; more places than before open online too. Slots that an
    earlier change of this kind shut open again, with the places that they had.
    """

    session: ClinicSession
    begins: time
    closes: time
    capacity: int | None = None  # as it was
    why = ClosedFor.HAND
    action = HoursChange.NEW_HOURS

    @property
    def centre_id(self) -> int:
        return self.session.centre_id

    def check(self) -> None:
        if self.closes < self.begins:
            raise EndsBeforeItBegins
        if self.capacity is not None and self.capacity < 0:
            raise NoPlaces

    def shuts(self) -> ColumnElement[bool]:
        return and_(Slot.clinic_session_id == self.session.id, not_(self._inside()))

    def places(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        query = select(Slot.id, Slot.capacity, Slot.online_capacity).where(
            Slot.clinic_session_id == self.session.id,
            Slot.closed_at.is_(None),
            Slot.ends_at > now,
            self._inside(),
        )
        found = {}
        for slot in db.session.execute(query):
            capacity = slot.capacity if self.capacity is None else self.capacity
            more = max(0, capacity - slot.capacity)
            new = (capacity, min(slot.online_capacity + more, capacity))
            if new != (slot.capacity, slot.online_capacity):
                found[slot.id] = new
        return found

    def lifts(self) -> ColumnElement[bool]:
        return and_(
            Slot.clinic_session_id == self.session.id,
            SlotClosing.reason.in_([ClosedFor.HAND, ClosedFor.BUSY]),
            self._inside(),
        )

    def _inside(self) -> ColumnElement[bool]:
        day = clinic_day(self.session.starts_at)
        return and_(
            Slot.starts_at >= at(day, self.begins),
            Slot.ends_at <= at(day, self.closes),
            literal(self.capacity != 0),
        )

    def record(self, *, by: Person, now: datetime) -> object:
        return self.session


def withdrawal(session: ClinicSession) -> NewHours:
    """The change that leaves nothing of a session."""
    return NewHours(session, time(0), time(0))


@dataclass(frozen=True)
class EndRule(Shuts):
    """A rota rule ends with that day; what it opened after it is shut."""

    rule: RotaRule
    last_day: date
    why = ClosedFor.RULE
    action = HoursChange.END_RULE

    @property
    def centre_id(self) -> int:
        return self.rule.centre_id

    def check(self) -> None:
        if self.last_day < self.rule.valid_from:
            raise EndsBeforeItBegins
        if self.rule.valid_until is not None and self.last_day > self.rule.valid_until:
            raise EndsLater

    def shuts(self) -> ColumnElement[bool]:
        return and_(
            ClinicSession.rota_rule_id == self.rule.id, ClinicSession.rota_day > self.last_day
        )

    def record(self, *, by: Person, now: datetime) -> object:
        self.rule.valid_until = self.last_day
        return self.rule


@dataclass(frozen=True)
class WorksAs(Shuts):
    """A centre works on a day by another weekday's timetable (Monday is 0), or not at all.

    What the rota opened and does not apply any more is shut; what an earlier timetable of this
    kind shut and this one has opens again; `extending.extend` opens the rest.
    """

    centre: Centre
    day: date
    weekday: int | None
    why = ClosedFor.DAY
    action = HoursChange.WORKS_AS

    @property
    def centre_id(self) -> int:
        return self.centre.id

    def shuts(self) -> ColumnElement[bool]:
        return self._of_rules(applying=False)

    def lifts(self) -> ColumnElement[bool]:
        return and_(SlotClosing.reason == ClosedFor.DAY, self._of_rules(applying=True))

    def _of_rules(self, *, applying: bool) -> ColumnElement[bool]:
        rules = select(RotaRule).where(
            RotaRule.centre_id == self.centre.id, RotaRule.cancelled_at.is_(None)
        )
        ids = [
            rule.id
            for rule in db.session.scalars(rules)
            if applying == (self.weekday is not None and applies(rule, self.day, self.weekday))
        ]
        return and_(ClinicSession.rota_day == self.day, ClinicSession.rota_rule_id.in_(ids))

    def record(self, *, by: Person, now: datetime) -> object:
        row = db.session.get(AdjustedDay, (self.centre.id, self.day))
        row = row or AdjustedDay(centre_id=self.centre.id, day=self.day)
        row.works_as = self.weekday
        return row


@dataclass(frozen=True)
class ShutSessions(Shuts):
    """Sessions are shut whole, on account of `row`, and what a publication shut opens again.

    Of a step that opens other sessions in their place: publishing a rota, undoing that, moving
    a session.
    """

    centre: Centre
    session_ids: tuple[int, ...]
    action: HoursChange
    why: ClosedFor = ClosedFor.RULE
    row: object = None
    publication_id: int | None = None  # that shuts them
    undoes: int | None = None  # the publication whose closings go

    @property
    def centre_id(self) -> int:
        return self.centre.id

    def shuts(self) -> ColumnElement[bool]:
        return Slot.clinic_session_id.in_(self.session_ids)

    def lifts(self) -> ColumnElement[bool]:
        return false() if self.undoes is None else SlotClosing.publication_id == self.undoes

    def record(self, *, by: Person, now: datetime) -> object:
        return self.row

    def source(self, row: Any) -> ClosingReason:
        return ClosingReason(self.why, publication_id=self.publication_id)


def _must_last(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise EndsBeforeItBegins
