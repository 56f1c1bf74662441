"""What a family wants, what stands against it, and what the database said to it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from sqlalchemy.exc import IntegrityError

from clinic.centres.models import Service
from clinic.clock import clinic_day
from clinic.db import broken_promise
from clinic.errors import DomainError
from clinic.scheduling import rules
from clinic.scheduling.models import Hold, HoldFor
from clinic.scheduling.policies import policy_for
from clinic.scheduling.policy import NEVER_PAUSED, Policy
from clinic.scheduling.queries import Diary, Patient, SlotFacts, diary_of
from clinic.sentences import mark


class SlotTaken(DomainError):
    message = mark("That time has just gone. These are the nearest free times.")


class Resting(SlotTaken):
    """It was given back right after its release, and is nobody's for a moment."""

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


@dataclass(frozen=True, slots=True)
class HoldFacts:
    """A hold as the verbs need it."""

    id: int
    child_id: int
    service_id: int
    slot_id: int
    expires_at: datetime
    purpose: HoldFor = HoldFor.FORM
    moves_id: int | None = None
    booking_id: int | None = None


Held = Hold | HoldFacts


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
    def centre_id(self) -> int:
        return self.slots[0].centre_id

    @property
    def slot_ids(self) -> list[int]:
        return [slot.id for slot in self.slots]

    @cached_property
    def policy(self) -> Policy:
        return self.known or policy_for(self.service.id, self.centre_id)


def asking(
    child: Patient,
    service: Service,
    policy: Policy,
    diary: Diary,
    *,
    online: bool,
    now: datetime,
) -> rules.Asking:
    """What the rules need to know of a child who wants this service."""
    is_never_paused = service.kind in NEVER_PAUSED
    return rules.Asking(
        birth_date=child.birth_date,
        min_age_months=service.min_age_months,
        max_age_months=service.max_age_months,
        online=online,
        other_times=tuple(diary.times),
        same_service_days=diary.days_of(service),
        paused_until=None if is_never_paused else rules.paused_until(diary.absences, policy, now),
        policy=policy,
    )


def examine(
    wanted: Request,
    *,
    online: bool,
    now: datetime,
    except_for: Collection[int] = (),
    beside: Sequence[Request] = (),
    diary: Diary | None = None,
) -> list[rules.Objection]:
    """What the scheduler's rules object to; places and overlaps are the database's to refuse.

    `beside` are others of the same decision, which count as if they were booked already. What a
    family still keeps cannot come too soon: it was in time when it was kept. The child's diary is
    read unless it is given.
    """
    if diary is None:
        diary = diary_of(wanted.child.id, now=now, except_for=except_for)
    diary = diary.with_more(
        (one.starts_at, one.ends_at, one.service.id)
        for one in beside
        if one.child.id == wanted.child.id
    )
    who = asking(wanted.child, wanted.service, wanted.policy, diary, online=online, now=now)
    slot = rules.Candidate(
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        day=clinic_day(wanted.starts_at),
        opens_at=max(slot.opens_at for slot in wanted.slots),
        is_free=True,
        is_closed=any(slot.closed for slot in wanted.slots),
    )
    is_kept = wanted.hold is not None and now < wanted.hold.expires_at
    return [
        objection
        for objection in rules.objections(who, slot, now)
        if not (is_kept and objection.code == "too_soon")
    ]


def must_differ(wanted: Sequence[Request]) -> None:
    """Raise SamePlaceTwice if one child is to have the same slot twice."""
    asked = [(wish.child.id, slot_id) for wish in wanted for slot_id in wish.slot_ids]
    if len(set(asked)) < len(asked):
        raise SamePlaceTwice


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
