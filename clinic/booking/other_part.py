"""The other part of a visit (a check and a vaccination on one day) when one part is moved.

It stays as it is, moves too, or is cancelled: whoever moves the one part says which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from clinic import audit
from clinic.accounts import limits
from clinic.accounts.models import Person
from clinic.booking.on_behalf import against_moving, request_here
from clinic.booking.queries import same_trip
from clinic.booking.requirements import move_to, requirements_of
from clinic.clock import clinic_day, day_bounds
from clinic.errors import DomainError
from clinic.i18n import in_words, name_of
from clinic.outside import an_id
from clinic.scheduling import places
from clinic.scheduling.appointments import booking, moving
from clinic.scheduling.appointments.moving import Move
from clinic.scheduling.changes.as_shown import must_be_as_shown
from clinic.scheduling.models import Appointment
from clinic.scheduling.search.together import objections_of
from clinic.scheduling.verdict.request import Refused, Request
from clinic.scheduling.verdict.rules import overlap
from clinic.scheduling.verdict.slot_times import SlotTime, find_slot_times, slots_for
from clinic.scheduling.verdict.verdict import verdict_of_day
from clinic.sentences import mark

STAYS, CANCELLED = "stays", "cancel"


class NotSaid(DomainError):
    message = mark("Choose what becomes of the other part.")


@dataclass(frozen=True)
class Other:
    """The other part, and the free time for it nearest to the new one, there on that day, if any.

    It may stay unless the two would overlap.
    """

    part: Appointment
    near: Request | None
    may_stay: bool

    @property
    def choices(self) -> list[tuple[str, str]]:
        """What can become of it: the value of each choice, and its text. The slot says where it moves."""
        stays = [(STAYS, _("It stays on %(when)s.", when=in_words(self.part.starts_at)))]
        moves = [
            (
                str(wanted.slots[0].id),
                _("It moves too, to %(when)s.", when=in_words(wanted.starts_at)),
            )
            for wanted in [self.near]
            if wanted
        ]
        return [*(stays if self.may_stay else ()), *moves, (CANCELLED, _("Cancel it."))]

    @property
    def label(self) -> str:
        """What is asked."""
        said: str = _(
            "What about the other part of this visit: %(what)s, %(when)s?",
            what=name_of(self.part.service),
            when=in_words(self.part.starts_at),
        )
        return said


def other_part(visit: Appointment, wanted: Request, *, online: bool, now: datetime) -> Other | None:
    """The part that hangs together with the visit that gets another time; None if there is none."""
    parts = [
        appointment
        for appointment in same_trip(visit, now=now)
        if not online or booking.may_change_online(appointment, now=now, cancelling=True)
    ]
    if not parts:
        return None
    part = parts[0]  # a visit is made of two services at most
    stays = part.displaced_at is not None or not overlap(
        part.starts_at, part.ends_at, wanted.starts_at, wanted.ends_at
    )
    return Other(part, _near(part, visit, wanted, online=online, now=now), stays)


def _near(
    part: Appointment, appointment: Appointment, wanted: Request, *, online: bool, now: datetime
) -> Request | None:
    """Where the part could go: after the other one if it is after it now, else before it."""
    day, child, service = clinic_day(wanted.starts_at), part.child, part.service
    required = requirements_of([Request(child, service)], moving=part, today=day, now=now)
    if verdict_of_day([Request(child, service)], required, [wanted.centre_id], day):
        return None
    objects = objections_of(
        Request(child, service), now=now, online=online, except_for=[part.id, appointment.id]
    )
    start, end = day_bounds(day)
    follows = part.starts_at >= appointment.starts_at
    free = [
        slot_time
        for slot_time in find_slot_times(
            service, [wanted.centre_id], start, end, now=now, online=online
        )
        if slot_time.is_free
        and slot_time.starts_at != part.starts_at
        and not overlap(slot_time.starts_at, slot_time.ends_at, wanted.starts_at, wanted.ends_at)
        and not objects(slot_time)
    ]

    def how_far(one: SlotTime) -> tuple[bool, float]:
        is_after = one.starts_at >= wanted.ends_at
        gap = one.starts_at - wanted.ends_at if is_after else wanted.starts_at - one.ends_at
        return is_after != follows, gap.total_seconds()

    best = min(free, key=how_far, default=None)
    return Request(child, service, slots_for(service, best.slot_id)) if best else None


def lock_both(appointment: Appointment, other: Other, wanted: Request) -> None:
    """Lock all that moving or cancelling the two touches, before either is touched."""
    near = other.near.slot_ids if other.near else []
    around = places.slots_around([appointment.id, other.part.id])
    places.lock([*around, *wanted.slot_ids, *near], [appointment.child_id])


def goes_to(other: Other, choice: str) -> Request | None:
    """The new time of the other part, if that was chosen."""
    return other.near if an_id(choice) is not None else None


def cancel_with(other: Other, *, by: Person, online: bool, now: datetime) -> None:
    """Cancel the other part, once the moved one has its time. Raises as `booking.cancel` does."""
    if online:
        count_cancelling(by, now=now)
    booking.cancel(other.part, by=by, online=online, now=now)


def count_cancelling(by: Person, *, now: datetime) -> None:
    """Raises TooOften, which is noted, for too many in a short time."""
    try:
        limits.spend(limits.CANCELLING, str(by.id), now=now)
    except limits.TooOften:
        audit.note_once("cancelling", "too often", "users", by.id)
        raise


def moves_of(
    appointment: Appointment, wanted: Request, other: Other | None, choice: str, *, now: datetime
) -> list[Move]:
    """What gets another time: the appointment, and the other part of its visit if that was chosen."""
    near = goes_to(other, choice) if other else None
    moves = [move_to(appointment, wanted, now=now)]
    return [*moves, move_to(other.part, near, now=now)] if other and near else moves


def staff_move(
    appointment: Appointment, slot_id: int, version: int, choice: str, *, by: Person, now: datetime
) -> None:
    """Move the visit for its family, if it still is in the version that was shown.

    `choice` is what becomes of its other part. Raises NotSaid, NotAsShown, or as `moving.move`.
    """
    wanted = request_here(appointment, slot_id, now=now)
    other = other_part(appointment, wanted, online=False, now=now)
    if other and choice not in dict(other.choices):
        raise NotSaid
    if found := against_moving(appointment, wanted, but=[other.part.id] if other else (), now=now):
        raise Refused(found)
    if other:
        lock_both(appointment, other, wanted)
    must_be_as_shown({appointment: version}, wanted.slot_ids)
    moving.move(moves_of(appointment, wanted, other, choice, now=now), by=by, online=False, now=now)
    if other and choice == CANCELLED:
        cancel_with(other, by=by, online=False, now=now)


def staff_move_back(
    shown: Mapping[Appointment, int], slot_of: Mapping[int, int], *, by: Person, now: datetime
) -> None:
    """Give visits that one press moved the slots that they had before it: all of them or none.

    `shown` has them with the versions that were shown, `slot_of` the slot for the id of each.
    Raises NotAsShown, Refused, or as `moving.move`.
    """
    wanted = {visit: request_here(visit, slot_of[visit.id], now=now) for visit in shown}
    must_be_as_shown(shown, [slot_id for each in wanted.values() for slot_id in each.slot_ids])
    for visit, request in wanted.items():
        if found := against_moving(visit, request, but=list(slot_of), now=now):
            raise Refused(found)
    moves = [move_to(visit, request, now=now) for visit, request in wanted.items()]
    moving.move(moves, by=by, online=False, now=now)
