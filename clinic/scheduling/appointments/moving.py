"""Giving appointments other times. The verb flushes; the caller commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.exc import IntegrityError

from clinic import audit
from clinic.accounts.models import Person
from clinic.db import db, lock_row
from clinic.families import reconciling
from clinic.scheduling import places
from clinic.scheduling.appointments.booking import (
    freed_for_others,
    must_be_changeable,
    place_and_time,
    still_held,
    take_places,
)
from clinic.scheduling.models import Appointment, Hold, HoldFor
from clinic.scheduling.verdict.request import Refused, Request, refusal
from clinic.scheduling.verdict.requirements import NOTHING_REQUIRED, RequirementsByKind
from clinic.scheduling.verdict.verdict import verdict


@dataclass(frozen=True)
class Move:
    """An appointment and the time it is to have, with what its service requires."""

    appointment: Appointment
    request: Request
    requirements: RequirementsByKind = NOTHING_REQUIRED


def move(moves: Sequence[Move], *, by: Person, online: bool, now: datetime) -> None:
    """Give one appointment another time, or several, also each other's: all of them or none.

    Each takes its places, then what it requires on its new day. Their references stay. The same form
    again changes nothing. Raises NotChangeable or TooLate for one that may not be changed, Refused,
    SlotTaken, ChildBusy, OfferLapsed, or what assigning raises, after which the caller rolls back.
    """
    appointments = [change.appointment for change in moves]
    new = [slot_id for change in moves for slot_id in change.request.slot_ids]
    around = places.slots_around([appointment.id for appointment in appointments])
    children = {appointment.child_id for appointment in appointments}
    expired = places.lock_to_take([*new, *around], children, now=now, online=online)
    holds = [still_held(change.request.hold, now=now) for change in moves]
    if any(hold and hold.booking_id for hold in holds):
        return  # the same form again
    in_turn = sorted(zip(moves, holds, strict=True), key=lambda pair: pair[0].request.starts_at)
    under_way = [_Moving(change, hold, by=by, online=online, now=now) for change, hold in in_turn]
    for moving in under_way:
        moving.free_old_places(apart=len(moves) > 1, now=now)
    _flush()
    for moving in under_way:
        moving.take_new_places(now=now)
        moving.assign(now=now)  # the next is judged beside what this one is for
    under_way[0].freed.update(expired)
    for moving in under_way:
        freed_for_others(moving.freed - set(new), moving.request.policy, now=now)
    reconciling.reconcile(children, by=by, now=now)


class _Moving:
    """An appointment on its way from its old time to the new one."""

    def __init__(
        self, change: Move, hold: Hold | None, *, by: Person, online: bool, now: datetime
    ) -> None:
        self.change, self.hold, self.by = change, hold, by
        self.appointment, self.request = change.appointment, change.request
        lock_row(self.appointment)  # a worker that keeps new times for it is through, or passes by
        must_be_changeable(self.appointment, online=online, now=now)
        self.was_displaced = self.appointment.displaced_at is not None
        # What the centre owes a family is not refused by the rules for families.
        is_owed = self.was_displaced and hold is not None and hold.purpose is HoldFor.NEW_TIME
        self.online = online and not is_owed
        self.before = (self.appointment.starts_at, self.appointment.slot_id)
        self.freed: set[int] = set()

    def free_old_places(self, *, apart: bool, now: datetime) -> None:
        """Free what it has. `apart` if several move: each is displaced for the moment, so that no overlap is
        refused when two of them swap, but has its new time, so that the others are judged beside it.
        """
        appointment = self.appointment
        self.freed.update(places.free(appointment_id=appointment.id))
        if apart:
            self._end_new_times(now)
            appointment.displaced_at, appointment.displaced_by_id = now, self.by.id
            appointment.starts_at, appointment.ends_at = (
                self.request.starts_at,
                self.request.ends_at,
            )

    def take_new_places(self, *, now: datetime) -> None:
        """Put it into its new slots. Raises Refused, SlotTaken or ChildBusy."""
        appointment, request, hold = self.appointment, self.request, self.hold
        requirements, but = self.change.requirements, [appointment.id]
        if found := verdict(request, requirements, online=self.online, now=now, except_for=but):
            raise Refused(found)
        requirements.leave(request, appointment, now=now)
        appointment.displaced_at, appointment.displaced_by_id = None, None
        appointment.question, appointment.moved_at = None, now
        for name, value in place_and_time(request.slots).items():
            setattr(appointment, name, value)
        _flush()
        try:
            take_places(request, appointment.id, online=self.online)
        except IntegrityError as error:
            raise refusal(error) from error
        if hold:
            hold.booking_id, hold.expires_at = appointment.booking_id, max(hold.expires_at, now)
        self._end_new_times(now)  # also those that were kept until its row could be changed
        db.session.flush()
        self._record(now)

    def _end_new_times(self, now: datetime) -> None:
        """Give back the new times that are kept for it, but for the one that it takes."""
        if self.was_displaced:
            but = self.hold.id if self.hold else None
            self.freed.update(places.end_new_times(self.appointment.id, but=but, now=now))

    def assign(self, *, now: datetime) -> None:
        """Give it what its service requires on the new day. Raises what assigning raises."""
        requirements, appointment_id = self.change.requirements, self.appointment.id
        requirements.assign(self.request, appointment_id, by=self.by, now=now)

    def _record(self, now: datetime) -> None:
        audit.record(
            "move",
            self.appointment,
            by=self.by.id,
            now=now,
            centre_id=self.appointment.centre_id,
            before=self.before[0].isoformat(),
            before_slot=self.before[1],
            after=self.appointment.starts_at.isoformat(),
        )


def _flush() -> None:
    """Raises what the database refuses, in words."""
    try:
        db.session.flush()
    except IntegrityError as error:
        raise refusal(error) from error
