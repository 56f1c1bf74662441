"""What staff book and move for a family, at the desk or at the end of a visit.

They book and move by the same verbs as families do; only the rules that are for families alone
(notice, the online share, a pause) do not hold here.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.exc import NoResultFound

from clinic.accounts.models import Person
from clinic.booking.requirements import move_to, said_or_usual
from clinic.centres.models import Centre, Service
from clinic.centres.queries import practitioners_for
from clinic.clock import clinic_day, day_bounds
from clinic.families.models import Child
from clinic.i18n import name_of
from clinic.scheduling.appointments import booking
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.rota.session_moving import InThePast
from clinic.scheduling.verdict.request import Request, SlotTaken
from clinic.scheduling.verdict.requirements import NO_CODES
from clinic.scheduling.verdict.rules import Objection
from clinic.scheduling.verdict.slot_times import (
    SlotFacts,
    SlotTime,
    find_slot_times,
    slots_for,
)
from clinic.scheduling.verdict.verdict import verdict

LOOK_AHEAD = 28  # days, for the next ones that have a free time
DAYS_SHOWN = 3


def slots_here(service: Service, centre: Centre, slot_id: int) -> tuple[SlotFacts, ...]:
    """The slots from that one on. Raises SlotTaken for what this centre does not offer any more."""
    try:
        slots = slots_for(service, slot_id)
    except NoResultFound as error:
        raise SlotTaken from error
    if slots[0].centre_id != centre.id:
        raise SlotTaken
    return slots


def free_times(
    service: Service, centre: Centre, day: date, now: datetime, *, days: int = 1
) -> list[SlotTime]:
    """What is free there in so many days from that one on and not over yet; also what families cannot book."""
    start, end = day_bounds(day, days)
    found = find_slot_times(service, [centre.id], start, end, now=now, online=False)
    return [slot_time for slot_time in found if slot_time.is_free and slot_time.ends_at > now]


def names_of(service: Service) -> dict[int, str]:
    """Who gives the service, by id, in the reader's language."""
    return {practitioner.id: name_of(practitioner) for practitioner in practitioners_for(service)}


def book_for(
    child: Child,
    service: Service,
    slots: Sequence[SlotFacts],
    *,
    codes: Collection[str] | None = None,
    reason: str = "",
    channel: Channel = Channel.DESK,
    by: Person,
    key: str,
    now: datetime,
) -> Appointment:
    """Book for the family, once per key: for these purposes, or as `said_or_usual` where none are said.

    Raises as `booking.book`.
    """
    request = Request(child, service, tuple(slots), reason=reason)
    said = NO_CODES if codes is None else {child.id: codes}
    required = said_or_usual([request], said, clinic_day(request.starts_at), now=now)
    made = booking.book([request], required, by=by, key=key, channel=channel, now=now)
    return made.row.appointments[0]


def request_here(appointment: Appointment, slot_id: int, *, now: datetime) -> Request:
    """The visit in that slot of its centre. Raises SlotTaken for what is not there any more, and InThePast."""
    slots = slots_here(appointment.service, appointment.centre, slot_id)
    if slots[-1].ends_at <= now:
        raise InThePast
    return Request(appointment.child, appointment.service, slots)


def against_moving(
    appointment: Appointment, request: Request, *, but: Collection[int] = (), now: datetime
) -> list[Objection]:
    """What stands against the new time; `but` are appointments that may move too."""
    return verdict(
        request,
        move_to(appointment, request, now=now).requirements,
        online=False,
        now=now,
        except_for=[appointment.id, *but],
        with_lacks=True,
    )


def next_days(appointment: Appointment, day: date, *, now: datetime) -> list[date]:
    """The first days after that one that have a free time for the visit."""
    after = day + timedelta(days=1)
    found = free_times(appointment.service, appointment.centre, after, now, days=LOOK_AHEAD)
    return sorted({clinic_day(slot_time.starts_at) for slot_time in found})[:DAYS_SHOWN]
