"""What a change of hours is: which slots it shuts, which closings it lifts, and what keeps it."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import ColumnElement, and_, false

from clinic.accounts.models import Person
from clinic.scheduling.models import ClinicSession, ClosedFor, Slot
from clinic.scheduling.timetable.closings import ClosingReason


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
    RETIRE = "retire"


class Change(Protocol):
    """What is to happen to hours. `preview` and `carry_out` see that it does.

    `why` and `action` are its words in `slot_closings` and in the audit trail.
    """

    @property
    def why(self) -> ClosedFor: ...
    @property
    def action(self) -> HoursChange: ...
    @property
    def centre_id(self) -> int | None: ...  # of its event
    @property
    def centre_ids(self) -> list[int]: ...  # whose hours it changes
    @property
    def service_id(self) -> int | None: ...  # that slots lose; they go on for others
    def check(self) -> None:
        """Raise a DomainError for a change that can never be."""

    def shuts(self) -> ColumnElement[bool]:
        """Which slots it shuts, open or not, by what `Slot` and `ClinicSession` say."""

    def places(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        """The open slots that get other places: how many, and how many of these online."""

    def lifts(self) -> ColumnElement[bool]:
        """Which closings it takes away, by what `SlotClosing` and its slot and session say."""

    def record(self, *, by: Person, now: datetime) -> object:
        """The row that keeps the change."""

    def source(self, row: object) -> ClosingReason:
        """What the closings say, when `row` has its id."""

    def told(self) -> Mapping[str, object]:
        """What else the audit trail says of it."""


class Shuts:
    """A change that only shuts slots."""

    why: ClosedFor
    service_id: int | None = None

    @property
    def centre_id(self) -> int | None:
        """The centre whose hours they are, which each change says; None for what all centres share."""
        raise NotImplementedError

    @property
    def centre_ids(self) -> list[int]:
        return [self.centre_id] if self.centre_id else []

    def check(self) -> None:
        """Nothing can be wrong with it."""

    def places(self, now: datetime) -> Mapping[int, tuple[int, int]]:
        return {}

    def lifts(self) -> ColumnElement[bool]:
        return false()

    def source(self, row: Any) -> ClosingReason:
        return ClosingReason(self.why)

    def told(self) -> Mapping[str, object]:
        return {}


def slots_within(
    starts_at: datetime,
    ends_at: datetime,
    *,
    centre_id: int | None = None,
    room_id: int | None = None,
    practitioner_id: int | None = None,
) -> ColumnElement[bool]:
    """The slots that share a moment with [starts_at, ends_at): of a centre, its room, or a practitioner."""
    conditions = [Slot.starts_at < ends_at, Slot.ends_at > starts_at]
    if centre_id is not None:
        conditions.append(ClinicSession.centre_id == centre_id)
    if room_id is not None:
        conditions.append(ClinicSession.room_id == room_id)
    if practitioner_id is not None:
        conditions.append(Slot.practitioner_id == practitioner_id)
    return and_(*conditions)
