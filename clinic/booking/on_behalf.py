"""What staff book and move for a family, at the desk or at the end of a visit.

A visit that staff make promises what it needs, as one made online does; only the rules that are
for families alone (notice, the online share, a pause) do not hold here.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy.exc import NoResultFound

from clinic.accounts.models import Person
from clinic.booking.terms import OF_KIND, Terms
from clinic.centres.models import Centre, Service
from clinic.centres.queries import practitioners_for
from clinic.clock import clinic_day, day_bounds
from clinic.families.models import Child
from clinic.i18n import name_of
from clinic.scheduling.booking import booking
from clinic.scheduling.models import Appointment, Channel
from clinic.scheduling.queries import SlotFacts, SlotTime, offers, slots_for
from clinic.scheduling.request import (
    Refused,
    Request,
    SlotTaken,
    examine,
)
from clinic.scheduling.rota.session_moving import InThePast
from clinic.scheduling.rules import Objection

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
    found = offers(service, [centre.id], start, end, now=now, online=False)
    return [slot_time for slot_time in found if slot_time.is_free and slot_time.ends_at > now]


def names_of(service: Service) -> dict[int, str]:
    """Who gives the service, by id, in the reader's language."""
    return {practitioner.id: name_of(practitioner) for practitioner in practitioners_for(service)}


def terms_of(
    child: Child,
    service: Service,
    codes: Collection[str] | None = None,
    moving: Appointment | None = None,
    *,
    on: date,
    now: datetime,
) -> Terms | None:
    """What this kind of service asks of a visit on that day; `codes` is what it is for, if it was said."""
    if service.kind not in OF_KIND:
        return None
    asked = {} if codes is None else {child.id: codes}
    return OF_KIND[service.kind]([child.id], asked, moving, on, now)


def against(terms: Terms | None, child: Child, centre_id: int, day: date) -> list[Objection]:
    """What stands against the visit there on that day, its place apart."""
    if terms is None:
        return []
    lack = terms.lacks(centre_id, day)
    return terms.objections(child.id, day) or ([lack] if lack else [])


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
    """Book for the family, with what the visit needs, once per key.

    Nobody said what for: then for what is usual that day, or else with a question. Raises as
    `booking.book` does, or what keeping raises.
    """
    if earlier := booking.find_booking(key):
        return earlier.appointments[0]
    day = clinic_day(slots[0].starts_at)
    terms = terms_of(child, service, codes, on=day, now=now)
    if terms and (found := terms.objections(child.id, day)):
        if codes is not None:
            raise Refused(found)
        terms = None
    wanted = Request(child, service, tuple(slots), reason=reason)
    made = booking.book([wanted], by=by, key=key, channel=channel, now=now).appointments[0]
    if terms:
        terms.keep_for(made, by=by, now=now)
    return made


def move_for(
    appointment: Appointment, slots: Sequence[SlotFacts], *, by: Person, now: datetime
) -> Appointment:
    """Give a family's visit another time, and what it needs for the new day.

    Raises as `booking.move` does, or what keeping raises.
    """
    child, day = appointment.child, clinic_day(slots[0].starts_at)
    terms = terms_of(child, appointment.service, moving=appointment, on=day, now=now)
    if terms and (found := terms.objections(child.id, day)):
        raise Refused(found)
    wanted = Request(child, appointment.service, tuple(slots))
    moved = booking.move(appointment, wanted, by=by, online=False, now=now)
    if terms:
        terms.keep_for(moved, by=by, now=now)
    return moved


def wanted_here(appointment: Appointment, slot_id: int, *, now: datetime) -> Request:
    """The visit in that slot of its centre. Raises SlotTaken for what is not there any more, and InThePast."""
    slots = slots_here(appointment.service, appointment.centre, slot_id)
    if slots[-1].ends_at <= now:
        raise InThePast
    return Request(appointment.child, appointment.service, slots)


def against_moving(
    appointment: Appointment, wanted: Request, *, but: Collection[int] = (), now: datetime
) -> list[Objection]:
    """What the rules and the service's own terms object to; `but` are visits that may move too."""
    found = examine(wanted, online=False, now=now, except_for=[appointment.id, *but])
    day = clinic_day(wanted.starts_at)
    terms = terms_of(appointment.child, appointment.service, moving=appointment, on=day, now=now)
    return [*found, *against(terms, appointment.child, appointment.centre_id, day)]


def next_days(appointment: Appointment, day: date, *, now: datetime) -> list[date]:
    """The first days after that one that have a free time for the visit."""
    after = day + timedelta(days=1)
    found = free_times(appointment.service, appointment.centre, after, now, days=LOOK_AHEAD)
    return sorted({clinic_day(slot_time.starts_at) for slot_time in found})[:DAYS_SHOWN]


def move_all_for(
    moves: Sequence[tuple[Appointment, Request]], *, by: Person, online: bool, now: datetime
) -> None:
    """Give several visits other times, and each what it needs for its new day: all of them or none.

    What stands against a visit is asked when all have their new times, for one may be in another's
    way. Raises as `booking.move_all` does, or what keeping raises.
    """
    booking.move_all(moves, by=by, online=online, now=now)
    for moved, wanted in moves:
        child, day = wanted.child, clinic_day(wanted.starts_at)
        terms = terms_of(moved.child, wanted.service, moving=moved, on=day, now=now)
        if terms is None:
            continue
        if found := terms.objections(child.id, day):
            raise Refused(found)
        terms.keep_for(moved, by=by, now=now)
