"""What may happen to hours: a closure, a leave, other hours of a session, a rule that ends, another timetable."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, Row, and_, literal, not_, or_, select

from clinic.accounts.models import Person
from clinic.centres.models import AdjustedDay, Centre, Closure, Leave, Practitioner, Room
from clinic.clock import at, clinic_day
from clinic.db import db
from clinic.errors import DomainError
from clinic.scheduling.models import (
    ClinicSession,
    ClosedFor,
    RotaRule,
    Slot,
)
from clinic.scheduling.timetable.opening import EndsBeforeItBegins, NoPlaces
from clinic.scheduling.timetable.rota import applies
from clinic.sentences import mark

SHUT = (0, 0)


class HoursChange(StrEnum):
    """What the audit trail calls a change of hours."""

    CLOSE = "close"
    AWAY = "away"
    NEW_HOURS = "new_hours"
    END_RULE = "end_rule"
    WORKS_AS = "works_as"
    PUBLISH = "publish"
    UNDO = "undo"
    MOVE_SESSION = "move_session"
    WITHDRAW_SESSION = "withdraw_session"


class EndsLater(DomainError):
    message = mark("A rule can only end earlier than it does. Please add another rule.")


class Change(Protocol):
    """What is to happen. `edits` gives the places a slot will have, and of these online: none shuts it.

    `keeps_shut` are slots shut already that stay so when what shut them is lifted; `opens` are
    slots that this change opens again. `action` is its word in the audit trail.
    """

    @property
    def why(self) -> ClosedFor: ...
    @property
    def action(self) -> HoursChange: ...
    @property
    def centre_id(self) -> int: ...
    def check(self) -> None: ...
    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]: ...
    def keeps_shut(self, now: datetime) -> list[int]: ...
    def opens(self, now: datetime) -> list[int]: ...
    def record(self, *, by: Person, now: datetime) -> object: ...


class _Once:
    """A change that concerns only what is open, and opens nothing."""

    def keeps_shut(self, now: datetime) -> list[int]:
        return []

    def opens(self, now: datetime) -> list[int]:
        return []


@dataclass(frozen=True)
class Close(_Once):
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

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        room = [ClinicSession.room_id == self.room.id] if self.room else []
        inside = (Slot.starts_at < self.ends_at, Slot.ends_at > self.starts_at)
        return _shut(now, ClinicSession.centre_id == self.centre.id, *room, *inside)

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
class Away(_Once):
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

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        return _shut(
            now,
            Slot.practitioner_id == self.practitioner.id,
            Slot.starts_at < self.ends_at,
            Slot.ends_at > self.starts_at,
        )

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
class NewHours(_Once):
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

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        day = self.session.starts_at
        starts_at, ends_at = (at(clinic_day(day), wall) for wall in (self.begins, self.closes))
        found = {}
        for slot in _open_slots(now, Slot.clinic_session_id == self.session.id):
            capacity = slot.capacity if self.capacity is None else self.capacity
            more = max(0, capacity - slot.capacity)
            inside = starts_at <= slot.starts_at and slot.ends_at <= ends_at
            online = min(slot.online_capacity + more, capacity)
            new = (capacity, online) if inside else SHUT
            if new != (slot.capacity, slot.online_capacity):
                found[slot.id] = new
        return found

    def keeps_shut(self, now: datetime) -> list[int]:
        theirs = Slot.clinic_session_id == self.session.id
        return _shut_slots(now, theirs, not_(self._inside()))

    def opens(self, now: datetime) -> list[int]:
        theirs = Slot.clinic_session_id == self.session.id
        return not_shut_otherwise(now, theirs, Slot.closed_for == ClosedFor.HAND, self._inside())

    def _inside(self) -> ColumnElement[bool]:
        day = clinic_day(self.session.starts_at)
        return and_(
            Slot.starts_at >= at(day, self.begins),
            Slot.ends_at <= at(day, self.closes),
            literal(self.capacity != 0),
        )

    def record(self, *, by: Person, now: datetime) -> object:
        return self.session


def withdraw(session: ClinicSession) -> NewHours:
    """The change that leaves nothing of a session."""
    return NewHours(session, time(0), time(0))


@dataclass(frozen=True)
class EndRule(_Once):
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

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        return _shut(now, *self._after_it())

    def keeps_shut(self, now: datetime) -> list[int]:
        return _shut_slots(now, *self._after_it())

    def _after_it(self) -> tuple[ColumnElement[bool], ...]:
        return (
            ClinicSession.rota_rule_id == self.rule.id,
            ClinicSession.rota_day > self.last_day,
        )

    def record(self, *, by: Person, now: datetime) -> object:
        self.rule.valid_until = self.last_day
        return self.rule


@dataclass(frozen=True)
class WorksAs(_Once):
    """A centre works on a day by another weekday's timetable (Monday is 0), or not at all.

    What the rota opened and does not apply any more is shut; what an earlier timetable of this
    kind shut and this one has opens again; `rota.extend` opens the rest.
    """

    centre: Centre
    day: date
    weekday: int | None
    why = ClosedFor.DAY
    action = HoursChange.WORKS_AS

    @property
    def centre_id(self) -> int:
        return self.centre.id

    def check(self) -> None:
        """Nothing can be wrong with it."""

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        return _shut(now, *self._of_rules(applying=False))

    def keeps_shut(self, now: datetime) -> list[int]:
        return _shut_slots(now, *self._of_rules(applying=False))

    def opens(self, now: datetime) -> list[int]:
        by_day = Slot.closed_for == ClosedFor.DAY
        return not_shut_otherwise(now, by_day, *self._of_rules(applying=True))

    def _of_rules(self, *, applying: bool) -> tuple[ColumnElement[bool], ...]:
        rules = select(RotaRule).where(RotaRule.centre_id == self.centre.id)
        ids = [
            rule.id
            for rule in db.session.scalars(rules)
            if applying == (self.weekday is not None and applies(rule, self.day, self.weekday))
        ]
        return ClinicSession.rota_day == self.day, ClinicSession.rota_rule_id.in_(ids)

    def record(self, *, by: Person, now: datetime) -> object:
        row = db.session.get(AdjustedDay, (self.centre.id, self.day))
        row = row or AdjustedDay(centre_id=self.centre.id, day=self.day)
        row.works_as = self.weekday
        return row


@dataclass(frozen=True)
class ShutSessions:
    """Sessions are shut whole, and slots open again, on account of `row`.

    Of a step that opens other sessions in their place: publishing a rota, undoing that, moving
    a session.
    """

    centre: Centre
    session_ids: tuple[int, ...]
    action: HoursChange
    why: ClosedFor = ClosedFor.RULE
    opening: tuple[int, ...] = ()  # slots that open again
    row: object = None

    @property
    def centre_id(self) -> int:
        return self.centre.id

    def check(self) -> None:
        """Nothing can be wrong with it."""

    def edits(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        return _shut(now, Slot.clinic_session_id.in_(self.session_ids))

    def keeps_shut(self, now: datetime) -> list[int]:
        return _shut_slots(now, Slot.clinic_session_id.in_(self.session_ids))

    def opens(self, now: datetime) -> list[int]:
        return list(self.opening)

    def record(self, *, by: Person, now: datetime) -> object:
        return self.row


def _must_last(starts_at: datetime, ends_at: datetime) -> None:
    if ends_at <= starts_at:
        raise EndsBeforeItBegins


def _open_slots(now: datetime, *where: ColumnElement[bool]) -> list[Row[Any]]:
    query = (
        select(Slot.id, Slot.starts_at, Slot.ends_at, Slot.capacity, Slot.online_capacity)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(Slot.closed_at.is_(None), Slot.ends_at > now, *where)
    )
    return list(db.session.execute(query))


def _shut(now: datetime, *where: ColumnElement[bool]) -> Mapping[int, tuple[int, int]]:
    return {slot.id: SHUT for slot in _open_slots(now, *where)}


def _shut_slots(now: datetime, *where: ColumnElement[bool]) -> list[int]:
    """The slots that a closure or a leave shuts."""
    query = (
        select(Slot.id)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(
            Slot.closed_for.in_([ClosedFor.CLOSURE, ClosedFor.LEAVE]), Slot.ends_at > now, *where
        )
    )
    return list(db.session.scalars(query.order_by(Slot.id)))


def not_shut_otherwise(now: datetime, *where: ColumnElement[bool]) -> list[int]:
    """Of these slots, those that are not over and lie in no live closure or leave."""
    overlapping = (Closure.starts_at < Slot.ends_at, Closure.ends_at > Slot.starts_at)
    a_closure = select(Closure.id).where(
        Closure.lifted_at.is_(None),
        Closure.centre_id == Slot.centre_id,
        or_(Closure.room_id.is_(None), Closure.room_id == ClinicSession.room_id),
        *overlapping,
    )
    a_leave = select(Leave.id).where(
        Leave.lifted_at.is_(None),
        Leave.practitioner_id == Slot.practitioner_id,
        Leave.starts_at < Slot.ends_at,
        Leave.ends_at > Slot.starts_at,
    )
    query = (
        select(Slot.id)
        .join(ClinicSession, ClinicSession.id == Slot.clinic_session_id)
        .where(*where, Slot.ends_at > now, ~a_closure.exists(), ~a_leave.exists())
    )
    return list(db.session.scalars(query.order_by(Slot.id)))
