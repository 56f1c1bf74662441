"""What is asked for, and the refusals in words for a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Protocol

from sqlalchemy.exc import IntegrityError

from clinic.centres.models import Service
from clinic.db import broken_promise
from clinic.errors import DomainError
from clinic.scheduling.models import HoldFor
from clinic.scheduling.policies.policy import Policy
from clinic.scheduling.policies.stored import policy_for
from clinic.scheduling.verdict import rules
from clinic.scheduling.verdict.diaries import Patient
from clinic.scheduling.verdict.slot_times import SlotFacts
from clinic.sentences import mark


class SlotTaken(DomainError):
    message = mark("That time has just gone. These are the nearest free times.")


class Resting(SlotTaken):
    """It was given back right after its release, and rests for a moment."""

    message = mark(
        "That time may come free again in a few minutes. These are the nearest free times."
    )


class HeldNoMore(SlotTaken):
    """The family chose anew meanwhile, or it was too long ago: the hold is deleted."""

    message = mark(
        "This time is no longer held for you, and nothing is booked. These are the nearest free times."
    )


class ChildBusy(DomainError):
    message = mark("Your child already has an appointment at that time.")


class SamePlaceTwice(DomainError):
    message = mark("The same time was asked for twice for one child.")


class Refused(DomainError):
    """The rules object; the first objection is the one to say."""

    def __init__(self, objections: Sequence[rules.Objection]) -> None:
        self.objections = tuple(objections)
        self.message = objections[0].message
        super().__init__(**objections[0].params)


class Held(Protocol):
    """A hold as the verbs need it: a row, or the value of one."""

    @property
    def id(self) -> int: ...

    @property
    def child_id(self) -> int: ...

    @property
    def service_id(self) -> int: ...

    @property
    def slot_id(self) -> int: ...

    @property
    def expires_at(self) -> datetime: ...

    @property
    def purpose(self) -> HoldFor: ...

    @property
    def moves_id(self) -> int | None: ...

    @property
    def booking_id(self) -> int | None: ...


@dataclass(frozen=True, slots=True)
class HoldValue:
    """A hold that was read or made without a row."""

    id: int
    child_id: int
    service_id: int
    slot_id: int
    expires_at: datetime
    purpose: HoldFor = HoldFor.FORM
    moves_id: int | None = None
    booking_id: int | None = None


@dataclass(frozen=True)
class Request:
    """One appointment asked for: a child, a service and, once a time is chosen, its consecutive slots."""

    child: Patient
    service: Service
    slots: tuple[SlotFacts, ...] = ()
    reason: str = ""
    hold: Held | None = None
    known: Policy | None = None  # its policy, where it is read already

    @property
    def starts_at(self) -> datetime:
        return self.slots[0].starts_at

    @property
    def ends_at(self) -> datetime:
        return self.slots[-1].ends_at

    @property
    def opens_at(self) -> datetime:
        return max(slot.opens_at for slot in self.slots)

    @property
    def is_closed(self) -> bool:
        return any(slot.closed for slot in self.slots)

    @property
    def is_free(self) -> bool:
        """Whether it is free is the database's to say, when its places are taken."""
        return True

    @property
    def centre_id(self) -> int:
        return self.slots[0].centre_id

    @property
    def slot_ids(self) -> list[int]:
        return [slot.id for slot in self.slots]

    @cached_property
    def policy(self) -> Policy:
        return self.known or policy_for(self.service.id, self.centre_id)


FULL = (
    "ck_slots_taken_within_capacity",
    "ck_slots_online_within_share",
    "ck_slots_closed_is_empty",
)


def refusal(error: IntegrityError) -> DomainError:
    """What the database refused, in words for a person; anything unknown goes on as it is."""
    promise = broken_promise(error)
    if any(one in promise for one in FULL):
        return SlotTaken()
    if "ex_appointments_child" in promise:
        return ChildBusy()
    raise error
